import Torch

/// Runs tensor arithmetic and says of what libtorch refused what it was a part of.
func translating<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as TorchError {
        throw ModelError(what, error)
    }
}

extension ModelError {
    /// Says what was being done when libtorch refused something; only what is wrong with weights gets their code.
    init(_ what: String, _ error: TorchError) {
        self.init(error.code == .weights ? .weights : .device, what, underlying: error)
    }
}

extension Tensor {
    /// Throws unless every element is a number.
    func requireFinite() throws {
        guard try isFinite().all().item() != 0 else {
            throw ModelError(
                .notFinite,
                "the speech is not a number in places: the weights are damaged, or the device cannot run this model in "
                    + "\(dtype.rawValue) or the precision chosen for it; choose float32")
        }
    }
}
