import Foundation
import TestSupport
import Testing

@testable import Settings

@Suite struct ChorusConfigurationTests {
    private func load(
        _ yaml: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:],
        in folder: String = "/base"
    ) throws -> ChorusConfiguration {
        guard let yaml else {
            return try ChorusConfiguration(path: nil, environment: environment, flags: flags, workingDirectory: folder)
        }
        return try withFolder { folder throws in
            try write(yaml, to: folder + "/chorus.yaml")
            return try ChorusConfiguration(
                path: "chorus.yaml", environment: environment, flags: flags, workingDirectory: folder)
        }
    }

    private func problems(
        _ yaml: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws -> [String] {
        let error = try settingsError { _ = try load(yaml, environment: environment, flags: flags) }
        #expect(error.code == .invalidValue)
        return error.message.split(separator: "\n").map(String.init)
    }

    @Test func flagsWinOverTheEnvironmentAndThatOverTheFile() throws {
        let yaml = "port: 1\nqueue_limit: 1\naddress: 10.0.0.1\n"
        let environment = ["CHORUS_PORT": "2", "CHORUS_QUEUE_LIMIT": "2"]
        let configuration = try load(yaml, environment: environment, flags: ["port": "3"])
        #expect(configuration.port == 3)
        #expect(configuration.queueLimit == 2)
        #expect(configuration.address == "10.0.0.1")
        #expect(configuration.maxBodyBytes == 1 << 20)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func everyKeyOfTheFileIsTaken() throws {
        let yaml = """
            address: 0.0.0.0
            port: 80
            admin_key: secret
            max_body_bytes: 2048
            max_text_characters: 9
            allowed_roots: [/a, b]
            queue_limit: 0
            deadline_seconds: 1.5
            drain_seconds: 2
            worker_endpoint: tcp://0.0.0.0:9890
            router_endpoints: [tcp://one:1, tcp://two:2]
            heartbeat_seconds: 1
            allow_insecure_tcp: yes
            curve_secret_key_file: /k/secret
            curve_server_key_file: /k/server
            curve_client_keys_file: /k/clients
            devices: [cpu, cpu, "cuda:1", GPU-abc, "cpu@alice"]
            models:
              alice: {gpt_weights: /a.ckpt, sovits_weights: /a.pth, precision: float32}
              bob.2: {gpt_weights: /b.ckpt, sovits_weights: /b.pth}
            precision: float16
            worker_slots: 2
            cpu_threads: 3
            user_dictionary: /w/words
            language_model: /w/lid.176.bin
            g2pw_path: /w/g2pw
            log_level: debug
            log_format: json
            home: /h
            run_folder: /r
            """
        let configuration = try load(yaml)
        #expect(configuration.address == "0.0.0.0")
        #expect(configuration.port == 80)
        #expect(configuration.adminKey == "secret")
        #expect(configuration.maxBodyBytes == 2_048)
        #expect(configuration.maxTextCharacters == 9)
        #expect(configuration.allowedRoots.first == "/a")
        #expect(configuration.allowedRoots.last?.hasSuffix("/b") == true)
        #expect(configuration.queueLimit == 0)
        #expect(configuration.deadlineSeconds == 1.5)
        #expect(configuration.drainSeconds == 2)
        #expect(configuration.workerEndpoint == "tcp://0.0.0.0:9890")
        #expect(configuration.routerEndpoints == ["tcp://one:1", "tcp://two:2"])
        #expect(configuration.heartbeatSeconds == 1)
        #expect(configuration.allowInsecureTCP)
        #expect(configuration.curveSecretKeyFile == "/k/secret")
        #expect(configuration.curveServerKeyFile == "/k/server")
        #expect(configuration.curveClientKeysFile == "/k/clients")
        #expect(configuration.devices == ["cpu", "cpu", "cuda:1", "GPU-abc", "cpu@alice"])
        #expect(configuration.models.keys.sorted() == ["alice", "bob.2"])
        #expect(configuration.models["alice"]?.gptWeights == "/a.ckpt")
        #expect(configuration.models["alice"]?.sovitsWeights == "/a.pth")
        #expect(configuration.models["alice"]?.precision == .float32)
        #expect(configuration.models["bob.2"]?.precision == nil)
        #expect(configuration.precision == .float16)
        #expect(configuration.workerSlots == 2)
        #expect(configuration.cpuThreads == 3)
        #expect(configuration.userDictionary == "/w/words")
        #expect(configuration.languageModel == "/w/lid.176.bin")
        #expect(configuration.g2pwPath == "/w/g2pw")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .json)
        #expect(configuration.home == "/h")
        #expect(configuration.runFolder == "/r")
        #expect(
            Set(ChorusConfiguration.keys) == Set(try #require(parse(yaml).mapping).entries.compactMap(\.key.string)))
    }

    @Test func everyKeyIsDocumentedWithItsDefault() throws {
        let text = try String(contentsOf: Fixtures.repository.appending(path: "cluster/chorus.yaml"), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0 != "#" }
        let uncommented = lines.map { String($0.dropFirst()) }.joined(separator: "\n")
        let documented = try #require(parse(uncommented).mapping).entries.compactMap(\.key.string)
        #expect(documented == ChorusConfiguration.keys)

        let written = try load(uncommented)
        let silent = try load("")
        #expect(written.address == silent.address)
        #expect(written.port == silent.port)
        #expect(written.adminKey == silent.adminKey)
        #expect(written.maxBodyBytes == silent.maxBodyBytes)
        #expect(written.maxTextCharacters == silent.maxTextCharacters)
        #expect(written.allowedRoots == silent.allowedRoots)
        #expect(written.queueLimit == silent.queueLimit)
        #expect(written.deadlineSeconds == silent.deadlineSeconds)
        #expect(written.drainSeconds == silent.drainSeconds)
        #expect(written.heartbeatSeconds == silent.heartbeatSeconds)
        #expect(written.allowInsecureTCP == silent.allowInsecureTCP)
        #expect(written.curveSecretKeyFile == silent.curveSecretKeyFile)
        #expect(written.devices == silent.devices)
        #expect(written.models == silent.models)
        #expect(written.precision == silent.precision)
        #expect(written.workerSlots == silent.workerSlots)
        #expect(written.cpuThreads == silent.cpuThreads)
        #expect(written.logLevel == silent.logLevel)
        #expect(written.logFormat == silent.logFormat)
        #expect(written.warnings.isEmpty)
    }

    @Test func pathsBeginWhereTheirSourceIs() throws {
        try withFolder { folder throws in
            try write("home: data\ncurve_secret_key_file: keys/secret\n", to: folder + "/etc/chorus.yaml")
            let configuration = try ChorusConfiguration(
                path: "etc/chorus.yaml", environment: ["CHORUS_RUN_FOLDER": "run"], workingDirectory: folder)
            #expect(configuration.home == folder + "/etc/data")
            #expect(configuration.curveSecretKeyFile == folder + "/etc/keys/secret")
            #expect(configuration.runFolder == folder + "/run")
            #expect(configuration.workerEndpoint == "ipc://\(folder)/run/workers-9880.ipc")
            #expect(configuration.routerEndpoints == [configuration.workerEndpoint])
        }
    }

    @Test func theEnvironmentNamesTheFile() throws {
        try withFolder { folder throws in
            try write("port: 7\n", to: folder + "/x.yaml")
            #expect(try load(environment: ["CHORUS_CONFIG": "x.yaml"], in: folder).port == 7)
            #expect(
                try settingsError { _ = try load(environment: ["CHORUS_CONFIG": "y.yaml"], in: folder) }.code
                    == .notFound)
            #expect(try load(environment: ["CHORUS_CONFIG": ""], in: folder).port == 9880)
        }
    }

    @Test func aLongHomeGetsAShortRunFolder() throws {
        let deep = "/" + String(repeating: "deep/", count: 30)
        let first = try load(in: deep)
        let second = try load(in: deep + "other")
        #expect(first.runFolder.hasPrefix("/tmp/chorus-\(getuid())-"))
        #expect(first.runFolder != second.runFolder)
        #expect(try problems(flags: ["run_folder": deep]).first?.contains("too long for a socket's address") == true)
    }

    @Test func listsReadFromText() throws {
        #expect(try load(flags: ["devices": "cpu, cuda:0 ,cuda:1"]).devices == ["cpu", "cuda:0", "cuda:1"])
        #expect(try load("devices: cpu\n").devices == ["cpu"])
        #expect(try load("devices: [cpu]\n", flags: ["devices": ""]).devices.isEmpty)
        #expect(try load(flags: ["allowed_roots": "a b,/c"]).allowedRoots == ["/base/a b", "/c"])
    }

    @Test func aWorkerServesAModelThatIsThere() throws {
        let models = "models:\n  alice: {gpt_weights: a.ckpt, sovits_weights: a.pth}\n"
        let configuration = try load(models, flags: ["devices": "cpu,cuda:0@alice"])
        #expect(configuration.devices.map(WorkerDevice.init).map(\.model) == [nil, "alice"])
        #expect(configuration.devices.map(WorkerDevice.init).map(\.device) == ["cpu", "cuda:0"])
        #expect(configuration.models["alice"]?.gptWeights.hasPrefix("/") == true)
        #expect(
            try problems(models, flags: ["devices": "cpu@alcie"])
                == ["devices: there is no model 'alcie'; did you mean alice?"])
        for wrong in [
            "models: [alice]", "models: {alice: a.ckpt}", "models: {alice: {gpt_weights: a.ckpt}}",
            "models: {default: {gpt_weights: a, sovits_weights: b}}",
            "models: {'a b': {gpt_weights: a, sovits_weights: b}}",
            "models: {a: {gpt_weights: a, sovits_weights: b, epoch: 1}}",
            "models: {a: {gpt_weights: a, sovits_weights: b, precision: int4}}",
        ] {
            #expect(try problems(wrong + "\n").first?.contains("models has to be a mapping") == true, "\(wrong)")
        }
        for wrong in ["cpu@", "@alice", "cpu@a b", "tpu@alice"] {
            #expect(try problems(models, flags: ["devices": wrong]).count == 1, "\(wrong)")
        }
    }

    @Test func everyProblemIsToldWithItsPlace() throws {
        let found = try problems(
            "port: 99999\nprecision: int8\ndevices: [cpu, tpu]\n", environment: ["CHORUS_QUEUE_LIMIT": "many"],
            flags: ["drain_seconds": "-1"])
        #expect(
            found == [
                "chorus.yaml:1: port has to be a whole number from 0 to 65535; it is the number 99999",
                "CHORUS_QUEUE_LIMIT: queue_limit has to be a whole number from 0 to 1000000; it is the text \"many\"",
                "--drain-seconds: drain_seconds has to be seconds from 0.0 to 86400.0; it is the text \"-1\"",
                "chorus.yaml:3: devices has to be a list, or text with commas, of items that are each cpu, cuda:N, or GPU- and a UUID, "
                    + "with @model where wanted; it is a list",
                "chorus.yaml:2: precision has to be one of auto, float32, float16, bfloat16; it is the text \"int8\"",
            ])
    }

    @Test(arguments: [
        "worker_endpoint: http://x", "worker_endpoint: tcp://nohost", "worker_endpoint: tcp://:1",
        "worker_endpoint: tcp://a:b",
        "worker_endpoint: tcp://a:70000", "worker_endpoint: ipc://relative", "worker_endpoint: 'tcp://a/b:1'",
        "worker_endpoint: ipc:///\(String(repeating: "x", count: 107))", "curve_server_key_file: /k", "port: 1.5",
        "port: true",
        "port: [1]", "deadline_seconds: .nan", "deadline_seconds: .inf", "address: ''", "address: 1", "home: \"a\\0b\"",
        "allowed_roots: [1]", "allowed_roots: {a: b}", "log_level: Info", "allow_insecure_tcp: 1",
    ])
    func wrongValuesAreRefused(yaml: String) throws {
        let key = yaml.prefix { $0 != ":" }
        let found = try problems(yaml)
        #expect(found.count == 1)
        #expect(found.first?.contains(key == "curve_server_key_file" ? "curve_secret_key_file" : key) == true)
    }

    @Test func theAdminKeyIsNeverPrinted() throws {
        let found = try problems("admin_key: 123456789\n")
        #expect(found.count == 1)
        #expect(found.first?.contains("123456789") == false)
    }

    @Test func unknownNamesAreWarnedAbout() throws {
        let warnings = try load(
            "prot: 1\nfoo: 2\n",
            environment: ["CHORUS_PROT": "1", "CHORUS_TORCH_INDEX": "x", "CHORUS_NLTK_TAGGER": "y", "PATH": "/bin"]
        ).warnings
        #expect(
            warnings == [
                "chorus.yaml:1: unknown key the text \"prot\"; did you mean port?",
                "chorus.yaml:2: unknown key the text \"foo\"",
                "unknown environment variable CHORUS_PROT; did you mean CHORUS_PORT?",
            ])
        #expect(try problems(flags: ["prot": "1"]) == ["--prot: there is no such setting; did you mean port?"])
    }

    @Test func aFileThatIsNoMappingIsRefused() throws {
        #expect(try problems("- a\n").first?.contains("keys such as port: are wanted") == true)
        #expect(try load("# nothing\n").port == 9880)
    }

    @Test func rootsDefaultToTheWorkingDirectoryAndTheVoicesFolder() throws {
        try withFolder { folder throws in
            try write("", to: folder + "/work/x")
            try write("", to: folder + "/voice/tts_infer.yaml")
            let silent = try ChorusConfiguration(path: nil, environment: [:], workingDirectory: folder + "/work")
            let roots = try silent.roots(
                inferenceFile: folder + "/voice/tts_infer.yaml", workingDirectory: folder + "/work")
            #expect(roots.roots == [folder + "/work", folder + "/voice"])
            // A router on a machine without voices.
            #expect(
                try silent.roots(inferenceFile: nil, workingDirectory: folder + "/work").roots == [folder + "/work"])
            let given = try ChorusConfiguration(
                path: nil, environment: ["CHORUS_ALLOWED_ROOTS": "../voice"], workingDirectory: folder + "/work")
            #expect(
                try given.roots(inferenceFile: "/x", workingDirectory: folder + "/work").roots == [folder + "/voice"])
        }
    }
}
