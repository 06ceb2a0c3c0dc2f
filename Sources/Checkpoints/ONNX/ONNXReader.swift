/// Reads the weights of an ONNX model, as a dictionary of tensors by the names that they had in PyTorch.
///
/// Nothing is executed: the operations are looked at only to name weights and to learn sizes.
struct ONNXReader {
    private let block: ByteBlock
    private let limits: CheckpointLimits

    init(_ block: ByteBlock, limits: CheckpointLimits) {
        self.block = block
        self.limits = limits
    }

    /// - Throws: ``CheckpointError``.
    func read() throws(CheckpointError) -> CheckpointFile.Content {
        let graph = try ONNXGraph(block, limits: limits)
        let parameters = ONNXParameters(graph)
        var remarks: [String] = []
        if !graph.producer.isEmpty { remarks.append("the ONNX model was made by \(graph.producer)") }
        if parameters.recoveredCount > 0 {
            remarks.append(
                "\(parameters.recoveredCount) weights without names of their own are named by their biases")
        }
        return CheckpointFile.Content(
            container: .onnx,
            root: .dictionary(parameters.tensors.map { (.string($0.name), .tensor($0.tensor)) }),
            metadata: parameters.metadata, remarks: remarks)
    }
}
