/// `config.json`, the tensors and a stand-in for the tokenizer of chinese-roberta-wwm-ext-large.
struct RoBERTaFiles: Encodable {
    var modelType = "bert"
    var hiddenSize = 1024
    var intermediateSize = 4096
    var numHiddenLayers = 24
    var numAttentionHeads = 16
    var vocabSize = 21128
    var maxPositionEmbeddings = 512
    var typeVocabSize = 2
    var layerNormEps = 1e-12
    var hiddenAct = "gelu"
    var positionEmbeddingType = "absolute"
    var torchDtype = "float16"

    /// The tensors that `config.json` describes. Pre-training's output layer, which nobody reads, is left out.
    var plan: WeightPlan {
        let width = hiddenSize
        var plan = WeightPlan()
        plan.add("bert.embeddings.word_embeddings.weight", [vocabSize, width], deviation: 1)
        plan.add("bert.embeddings.position_embeddings.weight", [maxPositionEmbeddings, width], deviation: 1)
        plan.add("bert.embeddings.token_type_embeddings.weight", [typeVocabSize, width], deviation: 1)
        plan.addNorm("bert.embeddings.LayerNorm", width: width)
        for index in 0..<numHiddenLayers {
            let layer = "bert.encoder.layer.\(index)"
            for name in ["self.query", "self.key", "self.value", "output.dense"] {
                plan.addLayer("\(layer).attention.\(name)", [width, width])
            }
            plan.addNorm("\(layer).attention.output.LayerNorm", width: width)
            plan.addLayer("\(layer).intermediate.dense", [intermediateSize, width])
            plan.addLayer("\(layer).output.dense", [width, intermediateSize])
            plan.addNorm("\(layer).output.LayerNorm", width: width)
        }
        return plan
    }

    /// `tokenizer.json` with a vocabulary of single characters: ASCII, then Han as far as the table goes. The published one
    /// has other ids, and pieces of words too.
    var tokenizer: [String: Any] {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        let characters = [0x21...0x40, 0x5B...0x7E, 0x4E00...0x9FFF].joined()
            .compactMap { Unicode.Scalar($0).map { String($0) } }
        let words = (special + characters).prefix(vocabSize)
        let ids = Dictionary(words.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        func piece(_ kind: String, _ name: String) -> [String: Any] {
            [kind: ["id": name, "type_id": 0] as [String: Any]]
        }
        func frame(_ name: String) -> [String: Any] { ["id": name, "ids": [ids[name] ?? 0], "tokens": [name]] }
        return [
            "version": "1.0",
            "added_tokens": special.map { ["id": ids[$0] ?? 0, "content": $0, "special": true] as [String: Any] },
            "normalizer": [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true,
            ],
            "pre_tokenizer": ["type": "BertPreTokenizer"],
            "post_processor": [
                "type": "TemplateProcessing",
                "single": [piece("SpecialToken", "[CLS]"), piece("Sequence", "A"), piece("SpecialToken", "[SEP]")],
                "special_tokens": ["[CLS]": frame("[CLS]"), "[SEP]": frame("[SEP]")],
            ] as [String: Any],
            "model": [
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": ids,
            ] as [String: Any],
        ]
    }
}
