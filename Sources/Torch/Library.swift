import CTorch

/// The libtorch that this process runs on.
public enum Library {
    /// The version whose headers the C ABI was compiled with, such as `2.13.0`.
    public static var version: String { String(cString: ct_built_version()) }

    /// Number of NVIDIA cards that libtorch can use; 0 with a CPU build.
    public static var cudaDeviceCount: Int { Int(ct_cuda_device_count()) }

    /// Threads that one CPU operation may use.
    public static var threadCount: Int { Int(ct_thread_count()) }

    /// Memory of freed CPU tensors that is kept for the next ones, in bytes.
    public static let keptHostMemory = 256 << 20

    /// Checks once at start that the loaded library is the one that was compiled against, and switches TF32 off, which the
    /// Python server does too (it changes the audio). Lets libtorch keep ``keptHostMemory`` between operations.
    /// - Throws: `TorchError` with code `unavailable`, naming both versions.
    public static func prepare() throws(TorchError) {
        let built = ct_built_abi_version()
        let loaded = ct_loaded_abi_version()
        guard built >> 40 == loaded >> 40 else {
            throw TorchError(
                .unavailable,
                "built against libtorch \(versionText(built)), but \(versionText(loaded)) is loaded; "
                    + "set LIBTORCH to the right folder and build again")
        }
        var status = ct_status()
        ct_set_tf32(false, &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
        ct_keep_host_memory(keptHostMemory, &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
    }

    /// Hands memory that was kept for tensors to come back to the device and to the kernel, as after running out of it.
    public static func releaseMemory(of device: Device) throws(TorchError) {
        var status = ct_status()
        ct_release_memory(device.raw, &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
    }

    /// Hands free pages of the heap back to the kernel, some milliseconds of work; what is kept for tensors stays.
    public static func trimHostMemory() { ct_trim_host_memory() }

    /// Free and total memory of an NVIDIA card, in bytes; nil for the CPU and where libtorch
    /// does not tell.
    public static func memory(of device: Device) throws(TorchError) -> (free: Int, total: Int)? {
        guard device.isCUDA else { return nil }
        var (free, total) = (0, 0)
        var status = ct_status()
        _ = ct_device_memory(device.raw, &free, &total, &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
        return total > 0 ? (free, total) : nil
    }

    /// Sets how many threads one CPU operation may use.
    public static func setThreadCount(_ count: Int) throws(TorchError) {
        var status = ct_status()
        ct_set_thread_count(Int32(clamping: count), &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
    }

    /// Runs a long row of short CPU operations: linear layers and cached attention still use all threads, through helpers that
    /// never hold the caller up, and everything else runs on the calling thread. libtorch's team would gain little there, and
    /// wait for its slowest thread a hundred times in each decoder step. Calls nest.
    public static func withTeamAtRest<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        ct_rest_team()
        defer { ct_resume_team() }
        return try body()
    }

    private static func versionText(_ packed: UInt64) -> String {
        "\(packed >> 56).\((packed >> 48) & 0xff).\((packed >> 40) & 0xff)"
    }
}
