// swift-tools-version: 6.2
import PackageDescription

// libtorch: the environment variable LIBTORCH, or where cluster/setup put it. SwiftPM cannot express "a folder of headers and
// libraries that is known only here", hence the unsafe flags; they are allowed because this is a root package.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.chorus/libtorch"
// A shim built elsewhere against another libtorch (a GPU machine without Swift): a folder with libctorch.so.
let prebuiltShim = Context.environment["CTORCH_PREBUILT"]

let torchLinking: LinkerSetting =
    prebuiltShim.map { .unsafeFlags(["-L\($0)", "-lctorch", "-Xlinker", "-rpath=$ORIGIN"]) }
    ?? .unsafeFlags([
        "-L\(libtorch)/lib", "-ltorch_cpu", "-lc10", "-Xlinker", "-rpath=\(libtorch)/lib",
        // No symbol of the CUDA library is named, but loading it is what registers the CUDA kernels.
        "-Xlinker", "--no-as-needed", "-ltorch", "-Xlinker", "--as-needed",
    ])

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let http: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
]

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
// Front-ends, checkpoints and sampling loop over bytes and numbers: without optimisation their tests take minutes.
let numeric: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict,
    linker: [LinkerSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "chorus",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "chorus", targets: ["chorus"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMecab", providers: [.apt(["libmecab-dev"])]),
        .systemLibrary(name: "COpenCC", pkgConfig: "opencc", providers: [.apt(["libopencc-dev"])]),
        .systemLibrary(name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
        .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),

        // The C ABI over libtorch: the only C++ there is. Optimised in debug builds too, for the same reason as above.
        .target(
            name: "CTorch",
            sources: prebuiltShim == nil ? nil : ["Prebuilt.c"],
            cxxSettings: [
                .unsafeFlags(["-I\(libtorch)/include", "-O2", "-Wno-deprecated-declarations", "-Wno-psabi"])
            ]),

        // Speech
        library("Checkpoints", ["CZlib"], settings: numeric),
        library("Torch", ["CTorch", "Checkpoints"], linker: [torchLinking]),
        library("Audio", ["CSndFile", "CSoxr"], settings: numeric),
        library("Text", ["CMecab", "COpenCC"], settings: numeric),
        library("Models", ["Torch", "Checkpoints", "Audio"], settings: numeric),
        library("Synthesis", ["Models", "Text", "Audio", "Torch", "Checkpoints", "Wire"]),
        library("Benchmarking", ["Models", "Torch", "Checkpoints", "CZlib"]),

        // Serving
        library("Wire"),
        library("Messaging", ["CZeroMQ", "Wire"]),
        library("Settings", ["CYAML", "Checkpoints"]),
        library("Telemetry", [log, .product(name: "CoreMetrics", package: "swift-metrics")]),
        library("Worker", ["Audio", "Wire", "Messaging", log, lifecycle]),
        library("Router", ["Wire", "Messaging", "Telemetry", log, metrics, lifecycle] + http),
        library("Supervision", [log, lifecycle]),
        .executableTarget(
            name: "chorus",
            dependencies: [
                "Synthesis", "Benchmarking", "Text", "Audio", "Torch", "Checkpoints", "Wire", "Messaging", "Settings",
                "Telemetry", "Worker", "Router", "Supervision", log, metrics, lifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests
        .target(name: "TestSupport", dependencies: ["CZlib"], path: "Tests/Support", swiftSettings: numeric),
        .target(
            name: "FakeSupport", dependencies: ["Audio", "Wire", "Messaging", "Worker"], path: "Tests/FakeSupport",
            swiftSettings: strict),
        tests("AudioTests", ["Audio", "TestSupport"]),
        tests("BenchmarkingTests", ["Benchmarking", "Models", "Torch", "Checkpoints", "CZlib", "TestSupport"]),
        tests("CheckpointsTests", ["Checkpoints", "TestSupport"]),
        tests("EndToEndTests", ["Audio", "TestSupport"]),
        tests("MessagingTests", ["Messaging", "Wire", "CZeroMQ"]),
        tests("ModelsTests", ["Models", "Torch", "Checkpoints", "Audio", "TestSupport"]),
        tests("RouterTests", ["Router", "Wire", "Messaging", "Worker", "Audio", "FakeSupport", "TestSupport"]),
        tests("SettingsTests", ["Settings", "Checkpoints", "TestSupport"]),
        tests("SupervisionTests", ["Supervision", log, lifecycle]),
        tests(
            "SynthesisTests", ["Synthesis", "Models", "Torch", "Checkpoints", "Audio", "Text", "Wire", "TestSupport"]),
        tests("TelemetryTests", ["Telemetry", metrics]),
        tests("TextTests", ["Text", "TestSupport"]),
        tests("TorchTests", ["Torch"]),
        tests("WireTests", ["Wire", "TestSupport"]),
        tests("WorkerTests", ["Worker", "Wire", "Messaging", "FakeSupport", log, lifecycle]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
