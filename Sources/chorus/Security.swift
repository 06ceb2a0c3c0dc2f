import Messaging
import Settings

// How sockets between machines are protected, from the key files that the settings name.
extension ChorusConfiguration {
    /// For a worker: CURVE where keys are given; otherwise this machine only, unless the network was declared safe.
    func workerSecurity() throws -> WorkerSecurity {
        guard let secretFile = curveSecretKeyFile else { return allowInsecureTCP ? .insecure : .localOnly }
        guard let serverFile = curveServerKeyFile else {
            throw SettingsError(
                code: .invalidValue,
                message: "curve_server_key_file: a worker with a CURVE key also needs the router's public key")
        }
        let pair = try CurveKeyPair(secretKey: CurveSecretKey(z85: CurveKeyFile.key(at: secretFile)))
        return .curve(pair, router: try CurvePublicKey(z85: CurveKeyFile.key(at: serverFile)))
    }

    /// For a router: CURVE where a key is given, for the listed workers or, without a list, for all who know the public key.
    func routerSecurity() throws -> RouterSecurity {
        guard let secretFile = curveSecretKeyFile else { return allowInsecureTCP ? .insecure : .localOnly }
        let pair = try CurveKeyPair(secretKey: CurveSecretKey(z85: CurveKeyFile.key(at: secretFile)))
        let allowed = try curveClientKeysFile.map { path in
            Set(try CurveKeyFile.keys(at: path).map { try CurvePublicKey(z85: $0) })
        }
        return .curve(pair, allowedWorkers: allowed)
    }
}
