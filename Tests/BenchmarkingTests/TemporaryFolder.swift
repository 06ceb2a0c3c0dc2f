import Foundation

@testable import Benchmarking

/// A folder that goes away with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "chorus-benchmarking-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }
}

extension RandomCheckpoints.Sizes {
    /// Models that are made, read and run in a moment, and of which no two sizes are the same by chance.
    static var small: Self {
        var sizes = Self()
        sizes.gpt.hiddenSize = 32
        sizes.gpt.headCount = 4
        sizes.gpt.layerCount = 2
        sizes.gpt.bertSize = 24
        sizes.gpt.phonemeVocabularySize = 100
        sizes.gpt.maxSeconds = 2

        sizes.sovits.latentWidth = 12
        sizes.sovits.hiddenWidth = 16
        sizes.sovits.filterWidth = 20
        sizes.sovits.layerCount = 4
        sizes.sovits.styleWidth = 28
        sizes.sovits.decoderWidth = 64
        sizes.sovitsWidths.features = 24
        sizes.sovitsWidths.tokens = 64
        sizes.sovitsWidths.symbols = 100
        sizes.sovitsWidths.referenceBins = 40
        sizes.sovitsWidths.reference = 8

        sizes.flow = FlowWidths(
            layers: 1, width: 64, feedForward: 48, condition: 20, conditionInner: 36, conditionLayers: 2, bands: 10,
            rank: 3)

        sizes.speaker = ERes2NetSizes(width: 8, blocks: [1, 1, 1, 1], expansion: 2, pooledWidth: 3)
        sizes.bigVGAN.upsampleInitialChannel = 64
        sizes.bigVGAN.resblockKernelSizes = [3, 5]
        sizes.bigVGAN.resblockDilationSizes = [[1, 2], [1]]
        sizes.v4VocoderWidth = 32
        sizes.bandExtension = BandExtensionFiles(width: 10, blockCount: 2)

        sizes.hubert.hiddenSize = 24
        sizes.hubert.intermediateSize = 40
        sizes.hubert.numHiddenLayers = 2
        sizes.hubert.numAttentionHeads = 2
        sizes.hubert.convDim = Array(repeating: 12, count: 7)
        sizes.hubert.numConvPosEmbeddings = 16
        sizes.hubert.numConvPosEmbeddingGroups = 4

        sizes.roberta.hiddenSize = 24
        sizes.roberta.intermediateSize = 40
        sizes.roberta.numHiddenLayers = 3
        sizes.roberta.numAttentionHeads = 2
        sizes.roberta.vocabSize = 9000
        sizes.roberta.maxPositionEmbeddings = 130
        return sizes
    }
}
