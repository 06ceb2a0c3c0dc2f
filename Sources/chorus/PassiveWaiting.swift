import Glibc

/// How OpenMP's threads wait for each other in a process that runs models.
///
/// By default they spin, which costs more than it saves as soon as anything else runs on the same cores: with other work on two
/// cores, decoding was measured at a third of its speed and loading at a hundredth. OpenMP reads the variable when it is
/// loaded, before `main`, so a process in which it is missing starts itself anew with it.
enum PassiveWaiting {
    private static let variable = "OMP_WAIT_POLICY"

    /// Returns with the variable set: to `passive`, or to what the user chose.
    static func ensure() {
        guard getenv(variable) == nil else { return }
        setenv(variable, "passive", 1)
        ProcessImage.replace()
    }
}
