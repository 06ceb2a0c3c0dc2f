import Checkpoints
import Torch

/// Who speaks in a recording: the speaker verification network whose features v2Pro and v2ProPlus add to the style.
///
/// Follows `ERes2NetV2.forward3` (GPT-SoVITS `eres2net/ERes2NetV2.py`; Chen et al. 2024, <https://arxiv.org/abs/2406.02167>): the
/// features before pooling, averaged over time. All sizes are read off the tensors. Not `Sendable`: it stays on its device's
/// thread.
public final class ERes2NetV2 {
    /// Upstream fixes it.
    private static let stageStrides = [1, 2, 2, 2]
    /// Frames (10 ms) that go through the network at once. Longer recordings are taken in windows that overlap by what the
    /// network sees, so that memory stays bounded and the result is that of the whole.
    static let windowLength = 1024

    private let filterBank: KaldiFilterBank
    private let input: NormalizedConvolution
    private let stages: [[ERes2NetV2Block]]
    private let thirdStageOutput: NormalizedConvolution
    private let fusion: AttentionalFusion
    private let dtype: DType
    /// Frames on each side of one that its features depend on, a multiple of the network's stride.
    let margin: Int

    /// Where it runs.
    public let device: Device
    /// Width of the embedding.
    public let width: Int
    /// Input frames for each frame of features.
    private static let stride = stageStrides.reduce(1, *)

    /// Loads `pretrained_eres2netv2w24s4ep4.ckpt`.
    ///
    /// - Throws: `CheckpointError` for a file that cannot be read or holds NaN or infinity; as ``init(weights:)``.
    public convenience init(path: String, device: Device = .cpu, dtype: DType = .float32) throws {
        let tensors = try CheckpointFile.open(path: path).finiteTensors(under: nil)
        try self.init(weights: WeightScope(tensors, dtype: dtype, device: device))
    }

    /// Builds the network from its weights; those behind the pooling are not looked at.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the tensor with the shape wanted and the shape found.
    public init(weights: WeightScope) throws {
        device = weights.device
        dtype = weights.dtype
        do throws(TorchError) {
            filterBank = try KaldiFilterBank(device: weights.device)
            input = try NormalizedConvolution(weights["conv1"], normalization: weights["bn1"], from: 1, kernel: 3)
            var stages: [[ERes2NetV2Block]] = []
            var widths = [input.outputWidth]
            var (reach, stride) = (1, 1)
            for (index, firstStride) in Self.stageStrides.enumerated() {
                let scope = weights["layer\(index + 1)"]
                var blocks: [ERes2NetV2Block] = []
                var width = widths.last ?? 0
                stride *= firstStride
                for block in 0..<scope.listCount() {
                    blocks.append(
                        try ERes2NetV2Block(scope[block], from: width, stride: block == 0 ? firstStride : 1))
                    width = blocks.last?.outputWidth ?? width
                    reach += stride * (blocks.last?.reach ?? 0)
                }
                stages.append(blocks)
                widths.append(width)
            }
            guard stages.allSatisfy({ !$0.isEmpty }) else {
                throw TorchError(.weights, "the checkpoint has no tensor layer1.0.conv1.weight and its like")
            }
            self.stages = stages
            thirdStageOutput = try NormalizedConvolution(
                weights["layer3_ds"], normalization: nil, from: widths[3], to: widths[4], kernel: 3, stride: 2)
            fusion = try AttentionalFusion(weights["fuse34"], width: widths[4])
            // One more point for the convolution beside the last stage, and up to a multiple of the stride.
            margin = (reach / Self.stride + 2) * Self.stride
            width = widths[4] * (filterBank.bandCount / Self.stride)
        } catch {
            throw ModelError("building the speaker embedding", error)
        }
    }

    /// Embeds a recording.
    ///
    /// - Parameters:
    ///   - samples: mono samples at 16 kHz: the recording at the model's rate, with its peak limited as for the spectrogram,
    ///     through the windowed-sinc resampler; 25 ms at least.
    ///   - checkpoint: called after each block; what it throws ends the work.
    /// - Returns: `[1, width]` in the weights' element type, for ``SoVITS/styleEmbedding(of:speaker:)``.
    /// - Throws: ``ModelError`` with code `input` for too few samples; whatever `checkpoint` throws.
    public func embed(_ samples: [Float], checkpoint: () throws -> Void = {}) throws -> Tensor {
        do {
            return try embed(features: filterBank.compute(samples), checkpoint: checkpoint)
        } catch let error as TorchError {
            throw ModelError(.device, "embedding a speaker", underlying: error)
        }
    }

    /// Filter banks `[1, frames, bands]` → `[1, width]`.
    func embed(
        features: Tensor, windowLength: Int = ERes2NetV2.windowLength, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let frames = features.size(1)
        let count = (frames + Self.stride - 1) / Self.stride
        let step = max(Self.stride, windowLength / Self.stride * Self.stride)
        var total: Tensor?
        for start in Swift.stride(from: 0, to: frames, by: step) {
            let end = min(frames, start + step)
            let (first, last) = (max(0, start - margin), min(frames, end + margin))
            let fused = try fusedFeatures(
                features.narrow(1, start: first, length: last - first), checkpoint: checkpoint)
            let kept = (end - start + Self.stride - 1) / Self.stride
            // Summing hundreds of frames needs float32 also where the network runs in half precision.
            let sum = try fused.narrow(3, start: (start - first) / Self.stride, length: kept).to(.float32).sum([3])
            if let total { try total.add(inPlace: sum) } else { total = sum }
        }
        guard let total else { throw ModelError(.input, "there are no features to embed") }
        return try (total / Double(count)).reshape([1, -1]).to(dtype)
    }

    /// Filter banks `[1, frames, bands]` → features `[1, channels, bands / 8, ⌈frames / 8⌉]`.
    func fusedFeatures(_ features: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        var hidden = try input(features.to(dtype).transpose(1, 2).unsqueeze(1)).reluInPlace()
        var outputs: [Tensor] = []
        for blocks in stages {
            for block in blocks {
                hidden = try block(hidden)
                try checkpoint()
            }
            outputs.append(hidden)
        }
        return try fusion(hidden, thirdStageOutput(outputs[2]))
    }
}
