import Torch

/// How speeds are measured.
public struct SpeedOptions: Sendable {
    /// Where the models run.
    public var device = Device.cpu
    /// Element type of weights and activations.
    public var dtype = DType.float32
    /// Threads that one CPU operation may use; libtorch's own choice where nil.
    public var threadCount: Int?
    /// Most runs of each quantity, 2 to 100. Fewer where they take long.
    public var runs = 5
    /// After this time no further run of the same quantity begins, once there are two.
    public var timePerQuantity = Duration.seconds(6)
    /// Where ``RandomCheckpoints`` are kept: those that lie there already are used, those that are missing are written. A
    /// temporary folder that is removed again where nil.
    public var folder: String?

    /// The defaults: the CPU in float32, all in a temporary folder.
    public init() {}

    /// - Throws: ``BenchmarkingError`` with code `input`.
    func validate() throws(BenchmarkingError) {
        guard (2...100).contains(runs) else { throw BenchmarkingError(.input, "\(runs) runs; 2 to 100 can be made") }
        if let threadCount, !(1...1024).contains(threadCount) {
            throw BenchmarkingError(.input, "\(threadCount) threads; 1 to 1024 can be used")
        }
    }
}
