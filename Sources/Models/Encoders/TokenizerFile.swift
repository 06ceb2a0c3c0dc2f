/// The parts of a `tokenizer.json` that a BERT tokenizer has.
struct TokenizerFile: Decodable {
    struct Model: Decodable {
        let type: String?
        let vocab: [String: Int]
        let unknownToken: String
        let continuingPrefix: String?
        let maximumWordLength: Int?

        enum CodingKeys: String, CodingKey {
            case type, vocab
            case unknownToken = "unk_token"
            case continuingPrefix = "continuing_subword_prefix"
            case maximumWordLength = "max_input_chars_per_word"
        }
    }

    struct Normalizer: Decodable {
        let type: String
        let cleanText: Bool?
        let handleChineseCharacters: Bool?
        let stripAccents: Bool?
        let lowercase: Bool?

        enum CodingKeys: String, CodingKey {
            case type, lowercase
            case cleanText = "clean_text"
            case handleChineseCharacters = "handle_chinese_chars"
            case stripAccents = "strip_accents"
        }

        /// Accents go with the case unless the file says otherwise.
        var normalizer: BertNormalizer {
            let lowercase = lowercase ?? true
            return BertNormalizer(
                cleansText: cleanText ?? true, splitsChinese: handleChineseCharacters ?? true,
                stripsAccents: stripAccents ?? lowercase, lowercases: lowercase)
        }
    }

    struct PreTokenizer: Decodable {
        let type: String
    }

    struct AddedToken: Decodable {
        let id: Int
        let content: String
        let singleWord: Bool?
        let stripsLeft: Bool?
        let stripsRight: Bool?

        enum CodingKeys: String, CodingKey {
            case id, content
            case singleWord = "single_word"
            case stripsLeft = "lstrip"
            case stripsRight = "rstrip"
        }

        var isModified: Bool { singleWord == true || stripsLeft == true || stripsRight == true }
    }

    /// Either a template of pieces, or BERT's own pair of `[token, id]`.
    struct PostProcessor: Decodable {
        struct Piece: Decodable {
            struct Reference: Decodable {
                let id: String
            }
            let special: Reference?

            enum CodingKeys: String, CodingKey {
                case special = "SpecialToken"
            }
        }
        struct Special: Decodable {
            let ids: [Int]
        }
        struct Pair: Decodable {
            let id: Int

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                _ = try values.decode(String.self)
                id = try values.decode(Int.self)
            }
        }

        let type: String
        let single: [Piece]?
        let specialTokens: [String: Special]?
        let classification: Pair?
        let separator: Pair?

        enum CodingKeys: String, CodingKey {
            case type, single
            case specialTokens = "special_tokens"
            case classification = "cls"
            case separator = "sep"
        }

        /// The ids in front of and behind one text; nil for another kind of post-processor.
        var frame: (prefix: [Int], suffix: [Int])? {
            if type == "BertProcessing", let classification, let separator {
                return ([classification.id], [separator.id])
            }
            guard type == "TemplateProcessing", let single, let place = single.firstIndex(where: { $0.special == nil })
            else { return nil }
            func ids(_ pieces: ArraySlice<Piece>) -> [Int] {
                pieces.flatMap { $0.special.flatMap { specialTokens?[$0.id]?.ids } ?? [] }
            }
            return (ids(single[..<place]), ids(single[(place + 1)...]))
        }
    }

    let model: Model
    let normalizer: Normalizer?
    let preTokenizer: PreTokenizer?
    let postProcessor: PostProcessor?
    let addedTokens: [AddedToken]?

    enum CodingKeys: String, CodingKey {
        case model, normalizer
        case preTokenizer = "pre_tokenizer"
        case postProcessor = "post_processor"
        case addedTokens = "added_tokens"
    }
}
