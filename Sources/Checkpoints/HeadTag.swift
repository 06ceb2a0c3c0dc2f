/// The version tag that GPT-SoVITS writes over the first two bytes (`PK`) of a SoVITS file.
public enum HeadTag: UInt8, Sendable, CaseIterable, Codable {
    /// `00`
    case v1 = 0
    /// `01`
    case v2 = 1
    /// `02`: a whole v3 model.
    case v3 = 2
    /// `03`: LoRA factors for v3.
    case v3LoRA = 3
    /// `04`: LoRA factors for v4.
    case v4LoRA = 4
    /// `05`
    case v2Pro = 5
    /// `06`
    case v2ProPlus = 6

    /// Reads two ASCII digits.
    init?(bytes: (UInt8, UInt8)) {
        guard bytes.0 == UInt8(ascii: "0"), bytes.1 >= UInt8(ascii: "0") else { return nil }
        self.init(rawValue: bytes.1 - UInt8(ascii: "0"))
    }

    /// The two characters in the file.
    public var text: String { "0\(rawValue)" }
}
