import CTorch

/// Where tensors live and operations run.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    /// Host memory.
    case cpu
    /// The NVIDIA card with this index, as `CUDA_VISIBLE_DEVICES` numbers them.
    case cuda(Int)

    /// Reads `cpu`, `cuda` or `cuda:N`, as libtorch and `tts_infer.yaml` write devices.
    public init?(_ text: String) {
        if text == "cpu" {
            self = .cpu
        } else if text == "cuda" {
            self = .cuda(0)
        } else if text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), (0..<256).contains(index) {
            self = .cuda(index)
        } else {
            return nil
        }
    }

    /// `cpu` or `cuda:N`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    /// Whether it is an NVIDIA card.
    public var isCUDA: Bool { self != .cpu }

    var raw: ct_device {
        switch self {
        case .cpu: ct_device(type: 0, index: -1)
        case .cuda(let index): ct_device(type: 1, index: Int32(clamping: index))
        }
    }

    init(raw: ct_device) {
        self = raw.type == 0 ? .cpu : .cuda(max(0, Int(raw.index)))
    }
}
