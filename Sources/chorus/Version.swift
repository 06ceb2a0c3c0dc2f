/// What this build calls itself.
enum Version {
    /// The software's version; `/version` and HELLO carry it.
    static let software = "0.1.0"
}
