import Checkpoints
import Models
import Torch

extension SpeedBench {
    /// Loading v4, alone and with LoRA factors, and v3 with its vocoder, and the flow of both: calls of full length, half of which is the prompt.
    func measureFlow() throws -> [SpeedTable.Row] {
        try provide(.flow, files.adapterPath)
        // One after the other, so that no two models are in memory at once.
        return try measureV4() + [measureAdapter()] + measureV3()
    }

    private func measureV4() throws -> [SpeedTable.Row] {
        let (model, load) = try loading(.loadFlow) { try flowModel(.v4) }
        let flows = try Measure.flowSteps.map { choice in
            let measure = Measure.flow("v4", steps: choice.steps, reference: choice.reference)
            return try flowRow(measure, model, steps: choice.steps)
        }
        return [load] + flows
    }

    private func measureAdapter() throws -> SpeedTable.Row {
        try loading(.loadAdapter) {
            try FlowSoVITS(
                checkpoint: SoVITSCheckpoint(CheckpointFile.open(path: files.adapterPath)), base: flowCheckpoint(.v4),
                device: options.device, dtype: options.dtype)
        }.1
    }

    /// Loaded with its vocoder, as a worker has both.
    private func measureV3() throws -> [SpeedTable.Row] {
        try provide(.bigVGAN, files.bigVGANFolder + "/bigvgan_generator.pt")
        let ((model, _), load) = try loading(.loadV3) {
            (
                try flowModel(.v3),
                try BigVGAN(folder: files.bigVGANFolder, device: options.device, dtype: options.dtype)
            )
        }
        let steps = Measure.flowSteps[0].steps
        return [load, try flowRow(.flow("v3", steps: steps, reference: nil), model, steps: steps)]
    }

    /// One step warms up as well as many.
    private func flowRow(_ measure: Measure, _ model: FlowSoVITS, steps: Int) throws -> SpeedTable.Row {
        try row(
            measure, warmUp: { _ = try flowFactor(model, steps: 1) }, run: { try flowFactor(model, steps: steps) })
    }

    private func flowModel(_ version: ModelVersion) throws -> FlowSoVITS {
        try FlowSoVITS(checkpoint: flowCheckpoint(version), device: options.device, dtype: options.dtype)
    }

    /// The whole model, which can stand for either version.
    private func flowCheckpoint(_ version: ModelVersion) throws -> SoVITSCheckpoint {
        let file = try CheckpointFile.open(path: files.flowPath)
        return try SoVITSCheckpoint(file, knownHashes: [file.headDigest: .published(version)])
    }

    /// Seconds of work for a second of audio.
    private func flowFactor(_ model: FlowSoVITS, steps: Int) throws -> Double {
        let format = model.format
        let generator = try Generator(seed: 6)
        let condition = try generator.normal([1, format.callFrames, model.conditionWidth])
        let prompt = try generator.normal([1, model.melWidth, format.promptFrames])
        let time = try seconds {
            // Read back, which also waits for the device; what is not a number is refused.
            _ = try model.mel(condition: condition, prompt: prompt, steps: steps, generator: generator).floats()
        }
        let spoken = Double((format.callFrames - format.promptFrames) * format.melHopLength) / Double(format.melRate)
        return time / spoken
    }
}
