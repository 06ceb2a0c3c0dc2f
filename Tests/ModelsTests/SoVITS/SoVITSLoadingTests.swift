import Checkpoints
import TestSupport
import Testing
import Torch

@testable import Models

/// What a checkpoint must hold.
@Suite struct SoVITSLoadingTests {
    private func fixture() throws -> SoVITSFixture { try #require(SoVITSFixture.all.first) }

    private func build(_ weights: [String: TensorRecord], _ config: CheckpointValue) throws -> SoVITS {
        try SoVITS(
            SoVITSConfiguration(config), version: .v2, weights: WeightScope(weights, dtype: .float32, device: .cpu))
    }

    /// The configuration with one field replaced, or removed.
    private func altered(
        _ config: CheckpointValue, _ section: String, _ field: String, _ value: CheckpointValue?
    ) -> CheckpointValue {
        .dictionary(
            config.fieldEntries.map { entry in
                guard entry.key == section else { return (.string(entry.key), entry.value) }
                let fields = entry.value.fieldEntries.filter { $0.key != field }
                    .map { (key: CheckpointValue.string($0.key), value: $0.value) }
                return (.string(section), .dictionary(fields + (value.map { [(.string(field), $0)] } ?? [])))
            })
    }

    @Test func everyTensorThatIsUsedIsNeeded() throws {
        let checkpoint = try fixture().checkpoint
        let unused: Set = [
            "quantizer.vq.layers.0._codebook.cluster_size", "quantizer.vq.layers.0._codebook.embed_avg",
            "quantizer.vq.layers.0._codebook.inited",
        ]
        let names = checkpoint.weights.keys.sorted()
        // Building takes a moment: one tensor of each part and kind.
        var kinds = Set<String>()
        var tried = 0
        for name in names {
            let kind = String(name.filter { !$0.isNumber })
            guard kinds.insert(kind).inserted else { continue }
            var weights = checkpoint.weights
            weights[name] = nil
            if name.hasPrefix("enc_q.") || unused.contains(name) {
                #expect(throws: Never.self) { try build(weights, checkpoint.config) }
                continue
            }
            let error = #expect(throws: ModelError.self, "\(name)") { try build(weights, checkpoint.config) }
            #expect(error?.code == .weights)
            // Without its direction, weight normalisation looks like a plain weight.
            let missing = name.replacing("weight_v", with: "weight")
            #expect(error?.description.contains(missing) == true, "\(error?.description ?? "") names \(missing)")
            tried += 1
        }
        #expect(tried > 50)
    }

    @Test func wrongShapesAreNamed() throws {
        let checkpoint = try fixture().checkpoint
        let wrong = try #require(checkpoint.weights["enc_p.text_embedding.weight"])
        for (name, wanted) in [
            ("enc_p.proj.weight", "[48, 32, 1]"), ("dec.ups.1.weight_v", "[32, 16, 16]"),
            ("dec.conv_post.weight", "[1, 2, 7]"),
            ("flow.flows.4.enc.in_layers.2.weight_v", "[64, 32, 5]"),
            ("dec.resblocks.14.convs2.1.weight_g", "[2, 1, 1]"),
            ("ref_enc.slf_attn.w_ks.weight", "[32, 32]"), ("quantizer.vq.layers.0._codebook.embed", "[any, 96]"),
            ("enc_p.encoder2.attn_layers.0.emb_rel_k", "[1, 9, 16]"), ("ssl_proj.weight", "[96, 96, 2]"),
        ] {
            var weights = checkpoint.weights
            weights[name] = wrong
            let error = #expect(throws: ModelError.self, "\(name)") { try build(weights, checkpoint.config) }
            #expect(error?.code == .weights)
            for part in [name, wanted, "\(wrong.shape)"] {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "") names \(part)")
            }
        }
    }

    @Test func damagedConfigurationsAreNamed() throws {
        let checkpoint = try fixture().checkpoint
        let cases: [(String, String, CheckpointValue?)] = [
            ("data", "sampling_rate", nil), ("data", "hop_length", .int(0)), ("data", "win_length", .string("2048")),
            ("model", "inter_channels", .int(23)), ("model", "hidden_channels", .int(-1)),
            ("model", "n_heads", .int(5)),
            ("model", "n_layers", .int(1)), ("model", "kernel_size", .int(4)), ("model", "gin_channels", .float(48)),
            ("model", "resblock", .string("2")), ("model", "upsample_rates", .list([.int(10), .int(8)])),
            ("model", "upsample_rates", .list([])),
            ("model", "upsample_rates", .list(Array(repeating: .int(16), count: 5))),
            ("model", "upsample_kernel_sizes", .int(3)), ("model", "upsample_initial_channel", .int(70)),
            ("model", "upsample_initial_channel", .int(1 << 40)), ("model", "resblock_kernel_sizes", .list([.int(3)])),
            ("model", "resblock_kernel_sizes", .list([.int(3), .int(7), .int(10)])),
            ("model", "resblock_dilation_sizes", .list([.int(1), .int(3), .int(5)])),
            ("model", "resblock_dilation_sizes", nil),
        ]
        for (section, field, value) in cases {
            let config = altered(checkpoint.config, section, field, value)
            let error = #expect(throws: ModelError.self, "\(section).\(field)") {
                try build(checkpoint.weights, config)
            }
            #expect(error?.code == .weights)
            #expect(error?.message.contains(field) == true, "\(error?.message ?? "") names \(field)")
        }
        #expect(throws: ModelError.self) { try build(checkpoint.weights, .dictionary([])) }
    }

    @Test func widthsThatContradictTheTensorsAreNamed() throws {
        let checkpoint = try fixture().checkpoint
        for (field, value) in [
            ("inter_channels", 26), ("hidden_channels", 64), ("filter_channels", 65), ("kernel_size", 5),
            ("gin_channels", 50), ("upsample_initial_channel", 128), ("n_layers", 16),
        ] {
            let config = altered(checkpoint.config, "model", field, .int(Int64(value)))
            let error = #expect(throws: ModelError.self, "\(field)") { try build(checkpoint.weights, config) }
            #expect(error?.code == .weights)
        }
    }

    @Test func otherVersionsAreRefused() throws {
        let checkpoint = try fixture().checkpoint
        for (version, part) in [
            (ModelVersion.v3, "v3"), (.v4, "v4"), (.v2Pro, "sv_emb.weight"), (.v2ProPlus, "sv_emb.weight"),
        ] {
            let error = #expect(throws: ModelError.self) {
                try SoVITS(
                    SoVITSConfiguration(checkpoint.config), version: version,
                    weights: WeightScope(checkpoint.weights, dtype: .float32, device: .cpu))
            }
            #expect(error?.code == .weights)
            #expect(error?.description.contains(part) == true)
        }
    }
}
