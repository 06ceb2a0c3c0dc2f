import Glibc

/// The folder in which a running server keeps its sockets. Whoever can enter it can pose as a worker, so it is the user's alone.
public enum RunFolder {
    /// `run` in the home folder or, where a socket's address in there would be too long, a folder of the user in `/tmp`.
    static func defaultPath(home: String) -> String {
        let inHome = home + "/run"
        // The longest name of a socket in the folder is `/workers-65535.ipc`.
        guard inHome.utf8.count + 20 > SettingFormat<String>.ipcPathLimit else { return inHome }
        // FNV-1a of the home keeps the servers of two homes apart.
        let hash = home.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "/tmp/chorus-\(getuid())-\(String(hash, radix: 16))"
    }

    /// Creates the folder with access for its owner alone, or checks that an existing one is so.
    ///
    /// - Throws: ``SettingsError/Code/notWritable`` where it cannot be made, and ``SettingsError/Code/forbidden`` where it is
    ///   another user's, a symbolic link, or open to others.
    public static func prepare(_ path: String) throws(SettingsError) {
        try SettingsFile.createFolder(SettingsFile.folder(of: path))
        if mkdir(path, 0o700) == 0 { return }
        let reason = SystemError()
        var status = stat()
        guard reason.code == EEXIST, lstat(path, &status) == 0 else {
            throw SettingsError(code: .notWritable, message: "the folder \(path) cannot be created", underlying: reason)
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(), status.st_mode & 0o022 == 0 else {
            throw SettingsError(
                code: .forbidden,
                message:
                    "\(path) has to be a folder that belongs to you and that only you can write; remove it or set run_folder"
            )
        }
    }
}
