/// The type of a tensor's elements.
public enum ScalarType: String, Sendable, CaseIterable, Codable {
    /// IEEE 754 half precision.
    case float16
    /// The upper half of a single-precision number.
    case bfloat16
    /// IEEE 754 single precision.
    case float32
    /// IEEE 754 double precision.
    case float64
    /// Signed, 1 byte.
    case int8
    /// Signed, 2 bytes.
    case int16
    /// Signed, 4 bytes.
    case int32
    /// Signed, 8 bytes.
    case int64
    /// Unsigned, 1 byte.
    case uint8
    /// One byte, zero or not zero.
    case bool

    /// Size of one element in bytes.
    public var byteCount: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16: 2
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }

    /// Whether NaN and infinity can occur.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// The type that PyTorch calls `torch.<name>`.
    init?(torchName name: String) {
        switch name {
        case "half": self = .float16
        case "float": self = .float32
        case "double": self = .float64
        case "short": self = .int16
        case "int": self = .int32
        case "long": self = .int64
        default: self.init(rawValue: name)
        }
    }

    /// The type of the elements of the storage class that PyTorch calls `torch.<name>`.
    init?(torchStorageName name: String) {
        switch name {
        case "HalfStorage": self = .float16
        case "BFloat16Storage": self = .bfloat16
        case "FloatStorage": self = .float32
        case "DoubleStorage": self = .float64
        case "CharStorage": self = .int8
        case "ShortStorage": self = .int16
        case "IntStorage": self = .int32
        case "LongStorage": self = .int64
        case "ByteStorage", "UntypedStorage", "_UntypedStorage": self = .uint8
        case "BoolStorage": self = .bool
        default: return nil
        }
    }

    /// What a safetensors header calls the type.
    var safetensorsName: String {
        switch self {
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        case .int8: "I8"
        case .int16: "I16"
        case .int32: "I32"
        case .int64: "I64"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }

    /// The type that a safetensors header calls by this name.
    init?(safetensorsName name: String) {
        guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = type
    }

    /// Size in bytes of an element of a storage class that is known and not supported; 0 for all others.
    static func unsupportedStorageByteCount(_ name: String) -> Int {
        switch name {
        case "QInt8Storage", "QUInt8Storage", "QUInt4x2Storage", "QUInt2x4Storage": 1
        case "QInt32Storage": 4
        case "ComplexFloatStorage": 8
        case "ComplexDoubleStorage": 16
        default: 0
        }
    }
}
