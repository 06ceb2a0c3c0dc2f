/// Which names in a pickle are refused by name.
///
/// Nothing is ever executed, so this protects nothing by itself: it tells a hostile file from one that merely holds
/// objects of unknown classes, which are kept as records.
enum PickleGlobalPolicy {
    /// Whether a model file has no business naming this.
    static func isForbidden(_ global: PickleGraph.Global) -> Bool {
        let parts = global.module.split(separator: ".", omittingEmptySubsequences: false)
        guard let package = parts.first.map(String.init) else { return false }
        let firstName = global.name.split(separator: ".").first.map(String.init) ?? ""
        switch package {
        case "builtins", "__builtin__":
            return forbiddenBuiltins.contains(firstName)
        case "torch":
            return ["torch.load", "torch.compile"].contains(global.path)
                || forbiddenTorchModules.contains { global.path.hasPrefix("torch.\($0).") }
        case "numpy":
            return global.name == "load"
                || parts.dropFirst().contains { ["testing", "f2py", "distutils"].contains($0) }
        case "types":
            return ["FunctionType", "CodeType", "LambdaType", "MethodType"].contains(firstName)
        case "io", "_io":
            return ["open", "open_code", "FileIO", "OpenWrapper"].contains(firstName)
        default:
            return forbiddenPackages.contains(package)
        }
    }

    private static let forbiddenBuiltins: Set<String> = [
        "eval", "exec", "execfile", "compile", "open", "file", "__import__", "input", "raw_input", "breakpoint",
        "globals", "locals", "vars", "setattr", "delattr", "apply", "reload", "exit", "quit", "help", "map", "filter",
        "print", "__build_class__",
    ]

    private static let forbiddenTorchModules = [
        "hub", "jit", "package", "testing", "fx", "_dynamo", "_inductor", "multiprocessing", "distributed.rpc",
        "utils.bottleneck", "utils.collect_env", "utils.cpp_extension", "utils._config_module", "utils.data",
    ]

    private static let forbiddenPackages: Set<String> = [
        "os", "posix", "nt", "subprocess", "_posixsubprocess", "sys", "shutil", "pty", "runpy", "importlib",
        "_frozen_importlib", "imp", "pkgutil", "zipimport", "code", "codeop", "_winapi", "winreg", "msvcrt", "ctypes",
        "_ctypes", "cffi", "mmap", "socket", "_socket", "socketserver", "ssl", "multiprocessing", "_thread", "signal",
        "asyncio", "webbrowser", "platform", "commands", "popen2", "pip", "ensurepip", "venv", "site", "sysconfig",
        "distutils", "setuptools", "pkg_resources", "timeit", "cProfile", "profile", "pdb", "bdb", "cmd", "trace",
        "doctest", "unittest", "pytest", "_pytest", "nose", "pickle", "_pickle", "cPickle", "marshal", "shelve", "dill",
        "cloudpickle", "joblib", "fileinput", "tempfile", "linecache", "urllib", "urllib2", "http", "httplib", "httpx",
        "requests", "aiohttp", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "nntplib", "xmlrpc", "paramiko",
        "fabric", "IPython", "idlelib", "lib2to3", "atexit", "curses", "crypt",
    ]
}
