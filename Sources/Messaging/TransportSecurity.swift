/// How a router's sockets are protected. `ipc://` is protected by the file's permissions and never encrypted.
public enum RouterSecurity: Sendable {
    /// Listens on this host only; `tcp://` on another address is refused.
    case localOnly
    /// `tcp://` is encrypted and authenticated with CURVE. With `allowedWorkers`, only holders of these keys may
    /// connect; with `nil`, everyone who knows the router's public key.
    case curve(CurveKeyPair, allowedWorkers: Set<CurvePublicKey>?)
    /// `tcp://` in the clear, even beyond this host. Chosen knowingly, for a network that is trusted.
    case insecure
}

/// How a worker's connection to a router is protected.
public enum WorkerSecurity: Sendable {
    /// Connects on this host only; `tcp://` to another address is refused.
    case localOnly
    /// `tcp://` is encrypted and authenticated with CURVE.
    case curve(CurveKeyPair, router: CurvePublicKey)
    /// `tcp://` in the clear, even beyond this host. Chosen knowingly, for a network that is trusted.
    case insecure
}

extension Endpoint {
    /// Refuses to speak in the clear with another host.
    func requireProtection(_ isProtected: Bool) throws(MessagingError) {
        guard isLocal || isProtected else {
            throw MessagingError(
                .insecure,
                "\(self) reaches beyond this host without encryption; give CURVE keys, or allow insecure tcp explicitly"
            )
        }
    }
}
