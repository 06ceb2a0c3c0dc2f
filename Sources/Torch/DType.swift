import CTorch
import Checkpoints

/// Element type of a tensor; the same type that checkpoint files use.
public typealias DType = Checkpoints.ScalarType

extension DType {
    var raw: ct_dtype {
        switch self {
        case .float16: CT_FLOAT16
        case .bfloat16: CT_BFLOAT16
        case .float32: CT_FLOAT32
        case .float64: CT_FLOAT64
        case .int8: CT_INT8
        case .int16: CT_INT16
        case .int32: CT_INT32
        case .int64: CT_INT64
        case .uint8: CT_UINT8
        case .bool: CT_BOOL
        }
    }

    init(raw: ct_dtype) {
        switch raw {
        case CT_FLOAT16: self = .float16
        case CT_BFLOAT16: self = .bfloat16
        case CT_FLOAT32: self = .float32
        case CT_FLOAT64: self = .float64
        case CT_INT8: self = .int8
        case CT_INT16: self = .int16
        case CT_INT32: self = .int32
        case CT_INT64: self = .int64
        case CT_UINT8: self = .uint8
        default: self = .bool
        }
    }
}

/// A Swift type whose values lie in memory as a tensor's elements do.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The matching element type.
    static var dtype: DType { get }
}

extension Float: TensorElement {
    /// float32
    public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
    /// float64
    public static var dtype: DType { .float64 }
}
extension Int64: TensorElement {
    /// int64
    public static var dtype: DType { .int64 }
}
extension Int32: TensorElement {
    /// int32
    public static var dtype: DType { .int32 }
}
extension Int16: TensorElement {
    /// int16
    public static var dtype: DType { .int16 }
}
extension UInt8: TensorElement {
    /// uint8
    public static var dtype: DType { .uint8 }
}
