/// The sizes of a bandwidth extension: the fields of its `config.json` that inference needs.
public struct BandExtensionConfiguration: Sendable, Hashable {
    /// Channels of both streams.
    public let width: Int
    /// Blocks of each stream.
    public let blockCount: Int
    /// Size of the Fourier transform, in samples; even.
    public let transformLength: Int
    /// Distance of two frames, in samples.
    public let hopLength: Int
    /// Length of the window, in samples.
    public let windowLength: Int
    /// Rate of what comes out, in Hz.
    public let samplingRate: Int

    /// Number of frequency bins.
    public var binCount: Int { transformLength / 2 + 1 }

    /// Reads `config.json`.
    ///
    /// - Throws: ``ModelError`` with code `weights`, naming the file and the field.
    public init(path: String) throws(ModelError) {
        let file = try JSONFile.decode(File.self, path: path)
        width = file.width
        blockCount = file.blockCount
        transformLength = file.transformLength
        hopLength = file.hopLength
        windowLength = file.windowLength
        samplingRate = file.samplingRate
        guard (1...1 << 14).contains(width), (1...1024).contains(blockCount), (1...768_000).contains(samplingRate)
        else {
            throw ModelError(
                .weights, "\(path): ConvNeXt_channels, ConvNeXt_layers or hr_sampling_rate is out of range")
        }
        guard (2...1 << 16).contains(transformLength), transformLength % 2 == 0,
            (2...transformLength).contains(windowLength), (1...windowLength / 2).contains(hopLength)
        else {
            throw ModelError(
                .weights,
                "\(path): n_fft \(transformLength), win_size \(windowLength) and hop_size \(hopLength) do not overlap")
        }
    }

    private struct File: Decodable {
        var width: Int
        var blockCount: Int
        var transformLength: Int
        var hopLength: Int
        var windowLength: Int
        var samplingRate: Int

        enum CodingKeys: String, CodingKey {
            case width = "ConvNeXt_channels"
            case blockCount = "ConvNeXt_layers"
            case transformLength = "n_fft"
            case hopLength = "hop_size"
            case windowLength = "win_size"
            case samplingRate = "hr_sampling_rate"
        }
    }
}
