import Checkpoints
import Models
import Torch

/// The models that make sound, and the one that hears who speaks.
extension SpeedBench {
    func measureSoVITS(_ version: ModelVersion, _ part: BenchmarkPart) throws -> [SpeedTable.Row] {
        let path = files.sovitsPath(version)
        try provide(part, path)
        let (model, load) = try loading(.loadSoVITS(version)) {
            try SoVITS(
                checkpoint: SoVITSCheckpoint(CheckpointFile.open(path: path)), device: options.device,
                dtype: options.dtype)
        }
        var random = SplitMix64(state: 3)
        let generator = try Generator(seed: 3)
        // 4 s of reference, 10 s of speech, 12 phonemes a second.
        let style = try model.styleEmbedding(
            of: Tensor.ones([1, model.referenceBins, 200]),
            speaker: try model.speakerWidth.map { try Generator(seed: 7).normal([1, $0]) })
        let codes = (0..<250).map { _ in Int.random(in: 0..<model.tokenCount, using: &random) }
        let phones = (0..<120).map { _ in Int.random(in: 0..<model.symbolCount, using: &random) }
        let decode = try row(.sovits(version)) {
            try realTimeFactor(samplingRate: model.samplingRate) {
                try model.decode(codes: codes, phones: phones, styles: [style], generator: generator)
                    .to(device: .cpu).count
            }
        }
        return [load, decode]
    }

    func measureSpeaker() throws -> [SpeedTable.Row] {
        try provide(.speaker, files.speakerPath)
        let (model, load) = try loading(.loadSpeaker) {
            try ERes2NetV2(path: files.speakerPath, device: options.device, dtype: options.dtype)
        }
        let samples = try Generator(seed: 8).normal([80_000]).floats().map { $0 * 0.1 }
        let embed = try row(.speaker) {
            try seconds { try Self.requireFinite(model.embed(samples), "the speaker embedding") } * 1000
        }
        return [load, embed]
    }

    func measureBigVGAN() throws -> [SpeedTable.Row] {
        try provide(.bigVGAN, files.bigVGANFolder + "/bigvgan_generator.pt")
        let (model, load) = try loading(.loadBigVGAN) {
            try BigVGAN(folder: files.bigVGANFolder, device: options.device, dtype: options.dtype)
        }
        return [load, try measure(model, .bigVGAN)]
    }

    func measureV4Vocoder() throws -> [SpeedTable.Row] {
        try provide(.v4Vocoder, files.v4VocoderPath)
        let (model, load) = try loading(.loadV4Vocoder) {
            try HiFiGANVocoder(path: files.v4VocoderPath, device: options.device, dtype: options.dtype)
        }
        return [load, try measure(model, .v4Vocoder)]
    }

    /// 5 s of sound.
    private func measure(_ vocoder: some Vocoder, _ measure: Measure) throws -> SpeedTable.Row {
        let frames = 5 * vocoder.samplingRate / vocoder.hopLength
        let mel = try Generator(seed: 9).normal([1, vocoder.bandCount, frames])
        return try row(measure) {
            try realTimeFactor(samplingRate: vocoder.samplingRate) { try vocoder.decode(mel).to(device: .cpu).count }
        }
    }

    func measureBandExtension() throws -> [SpeedTable.Row] {
        try provide(.bandExtension, files.bandExtensionFolder + "/g_24kto48k.zip")
        let (model, load) = try loading(.loadBandExtension) {
            try BandExtension(folder: files.bandExtensionFolder, device: options.device, dtype: options.dtype)
        }
        let samples = try Generator(seed: 10).normal([120_000]).floats().map { $0 * 0.1 }
        let extend = try row(.bandExtension) {
            try realTimeFactor(samplingRate: model.samplingRate) { try model.extend(samples, rate: 24_000).count }
        }
        return [load, extend]
    }

    /// Seconds of work for a second of audio.
    ///
    /// - Parameter speak: answers with the number of samples.
    private func realTimeFactor(samplingRate: Int, speak: () throws -> Int) throws -> Double {
        var samples = 0
        let time = try seconds { samples = try speak() }
        return time / (Double(samples) / Double(samplingRate))
    }
}
