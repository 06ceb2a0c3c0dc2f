/// Widens the band of finished audio (`super_sampling`).
struct BandExtender {
    /// Rate of what comes out, in Hz.
    static let rate = 48_000

    /// Mono samples at the voice's rate to mono samples at ``rate``.
    let extend: ([Float]) throws -> [Float]
}
