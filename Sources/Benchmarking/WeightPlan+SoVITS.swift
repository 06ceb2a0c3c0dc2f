import Checkpoints
import Models

/// The sizes of a second-stage model that its configuration does not state.
struct SoVITSWidths {
    /// Width of HuBERT's features and of the codebook's rows.
    var features = 768
    /// Rows of the codebook.
    var tokens = 1024
    /// Rows of the phoneme table.
    var symbols = 732
    /// Bins of the reference spectrogram that count.
    var referenceBins = 704
    /// Width inside the reference encoder.
    var reference = 128
    /// Width of the style that the text encoder takes; that of the decoder's where nil.
    var textStyle: Int?
    /// Width of the speaker embedding; nil for v1 and v2.
    var speaker: Int?
}

extension WeightPlan {
    /// The tensors of a SoVITS checkpoint of any version that decodes tokens directly, as far as inference reads them, and the codebook's training buffers.
    static func sovits(_ sizes: SoVITSConfiguration, widths: SoVITSWidths) -> WeightPlan {
        var plan = WeightPlan()
        plan.addTextEncoder(sizes, widths)
        plan.addWaveDecoder(sizes)
        plan.addFlow(sizes)
        plan.addReferenceEncoder(sizes, widths)
        plan.addLayer("ssl_proj", [widths.features, widths.features, 2])
        plan.addCodebook(widths)
        if let speaker = widths.speaker {
            plan.addLayer("sv_emb", [sizes.styleWidth, speaker])
            plan.addLayer("ge_to512", [widths.textStyle ?? sizes.styleWidth, sizes.styleWidth])
            plan.add("prelu.weight", [sizes.styleWidth], value: 0.25)
        }
        return plan
    }

    /// The codebook with its training buffers.
    mutating func addCodebook(_ widths: SoVITSWidths) {
        let codebook = "quantizer.vq.layers.0._codebook"
        add("\(codebook).inited", [1], value: 1)
        add("\(codebook).cluster_size", [widths.tokens], value: 1)
        add("\(codebook).embed", [widths.tokens, widths.features], deviation: 1)
        add("\(codebook).embed_avg", [widths.tokens, widths.features], deviation: 1)
    }

    /// The encoders of tokens and phonemes.
    mutating func addTextEncoder(_ sizes: SoVITSConfiguration, _ widths: SoVITSWidths) {
        let (width, style) = (sizes.hiddenWidth, widths.textStyle ?? sizes.styleWidth)
        addLayer("enc_p.ssl_proj", [width, widths.features, 1])
        add("enc_p.text_embedding.weight", [widths.symbols, width], deviation: 1)
        for (part, layers) in [
            ("encoder_ssl", sizes.layerCount / 2), ("encoder_text", sizes.layerCount),
            ("encoder2", sizes.layerCount / 2),
        ] {
            for layer in 0..<layers { addTransformerLayer(layer, under: "enc_p.\(part)", sizes) }
        }
        for name in ["q", "k", "v", "o"] { addLayer("enc_p.mrte.cross_attention.conv_\(name)", [style, style, 1]) }
        addLayer("enc_p.mrte.c_pre", [style, width, 1])
        addLayer("enc_p.mrte.text_pre", [style, width, 1])
        addLayer("enc_p.mrte.c_post", [width, style, 1])
        addLayer("enc_p.proj", [2 * sizes.latentWidth, width, 1], gain: 0.5)
    }

    private mutating func addTransformerLayer(_ layer: Int, under part: String, _ sizes: SoVITSConfiguration) {
        let relativeWindow = 4
        let (width, inner, kernel) = (sizes.hiddenWidth, sizes.filterWidth, sizes.feedForwardKernel)
        let attention = "\(part).attn_layers.\(layer)"
        let relative = [1, 2 * relativeWindow + 1, width / max(1, sizes.headCount)]
        add("\(attention).emb_rel_k", relative, deviation: 0.1)
        add("\(attention).emb_rel_v", relative, deviation: 0.1)
        for name in ["q", "k", "v", "o"] { addLayer("\(attention).conv_\(name)", [width, width, 1]) }
        addNorm("\(part).norm_layers_1.\(layer)", width: width, scale: "gamma", shift: "beta")
        addLayer("\(part).ffn_layers.\(layer).conv_1", [inner, width, kernel])
        addLayer("\(part).ffn_layers.\(layer).conv_2", [width, inner, kernel])
        addNorm("\(part).norm_layers_2.\(layer)", width: width, scale: "gamma", shift: "beta")
    }

    private mutating func addWaveDecoder(_ sizes: SoVITSConfiguration) {
        addLayer("dec.conv_pre", [sizes.decoderWidth, sizes.latentWidth, WeightPlan.outerKernel])
        let width = addStages(sizes.decoder, under: "dec.", upsampling: { "ups.\($0)" })
        addLayer("dec.conv_post", [1, width, WeightPlan.outerKernel], gain: 0.1, hasBias: false)
        addLayer("dec.cond", [sizes.decoderWidth, sizes.styleWidth, 1])
    }

    private mutating func addFlow(_ sizes: SoVITSConfiguration) {
        let (couplings, layers) = (4, 4)  // fixed upstream
        let (width, half) = (sizes.hiddenWidth, sizes.latentWidth / 2)
        for index in 0..<couplings {
            let flow = "flow.flows.\(2 * index)"
            addLayer("\(flow).pre", [width, half, 1])
            addWaveNet("\(flow).enc", width: width, styleWidth: sizes.styleWidth, layers: layers)
            addLayer("\(flow).post", [half, width, 1], gain: 0.1)
        }
    }

    /// Gated convolutions with residual and skip connections.
    mutating func addWaveNet(_ name: String, width: Int, styleWidth: Int, layers: Int) {
        let kernel = 5  // fixed upstream
        for layer in 0..<layers {
            addNormalizedLayer("\(name).in_layers.\(layer)", [2 * width, width, kernel])
            let outputs = layer == layers - 1 ? width : 2 * width
            addNormalizedLayer("\(name).res_skip_layers.\(layer)", [outputs, width, 1])
        }
        addNormalizedLayer("\(name).cond_layer", [2 * width * layers, styleWidth, 1])
    }

    /// The encoder of the reference's spectrogram.
    mutating func addReferenceEncoder(_ sizes: SoVITSConfiguration, _ widths: SoVITSWidths) {
        let width = widths.reference
        addLayer("ref_enc.spectral.0.fc", [width, widths.referenceBins])
        addLayer("ref_enc.spectral.3.fc", [width, width])
        for index in 0..<2 { addLayer("ref_enc.temporal.\(index).conv1.conv", [2 * width, width, 5]) }
        for name in ["w_qs", "w_ks", "w_vs", "fc"] { addLayer("ref_enc.slf_attn.\(name)", [width, width]) }
        addLayer("ref_enc.fc.fc", [sizes.styleWidth, width])
    }
}

extension SoVITSConfiguration {
    /// The `config` entry of a SoVITS v2 checkpoint (GPT-SoVITS `s2.json`).
    var checkpointConfig: CheckpointValue {
        [
            "train": [
                "log_interval": 100, "eval_interval": 500, "seed": 1234, "epochs": 100, "learning_rate": 0.0001,
                "betas": [0.8, 0.99], "eps": 1e-09, "batch_size": 32, "fp16_run": true, "lr_decay": 0.999875,
                "segment_size": 20480, "init_lr_ratio": 1, "warmup_epochs": 0, "c_mel": 45, "c_kl": 1.0,
                "text_low_lr_rate": 0.4, "grad_ckpt": false,
            ],
            "data": [
                "max_wav_value": 32768.0, "sampling_rate": CheckpointValue(samplingRate),
                "filter_length": CheckpointValue(filterLength), "hop_length": CheckpointValue(hopLength),
                "win_length": CheckpointValue(windowLength), "n_mel_channels": 128, "mel_fmin": 0.0, "mel_fmax": .none,
                "add_blank": true, "n_speakers": 300, "cleaned_text": true,
            ],
            "model": [
                "inter_channels": CheckpointValue(latentWidth), "hidden_channels": CheckpointValue(hiddenWidth),
                "filter_channels": CheckpointValue(filterWidth), "n_heads": CheckpointValue(headCount),
                "n_layers": CheckpointValue(layerCount), "kernel_size": CheckpointValue(feedForwardKernel),
                "p_dropout": 0.1, "resblock": "1",
                "resblock_kernel_sizes": CheckpointValue(residualBlocks.map(\.kernel)),
                "resblock_dilation_sizes": .list(residualBlocks.map { CheckpointValue($0.dilations) }),
                "upsample_rates": CheckpointValue(upsamplings.map(\.rate)),
                "upsample_initial_channel": CheckpointValue(decoderWidth),
                "upsample_kernel_sizes": CheckpointValue(upsamplings.map(\.kernel)), "n_layers_q": 3,
                "use_spectral_norm": false, "gin_channels": CheckpointValue(styleWidth), "semantic_frame_rate": "25hz",
                "freeze_quantizer": true,
            ],
            "s2_ckpt_dir": "logs/s2/big2k1", "content_module": "cnhubert",
        ]
    }
}
