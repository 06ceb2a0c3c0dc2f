import Foundation

/// BERT's tokenizer, read from a `tokenizer.json` of the Hugging Face tokenizers library.
///
/// Normaliser, pre-tokenizer and WordPiece give the same ids as that library; other kinds of tokenizer are refused.
/// Wu et al. 2016, <https://arxiv.org/abs/1609.08144>; `tokenizers/src/{normalizers,pre_tokenizers}/bert.rs` and
/// `models/wordpiece` of huggingface/tokenizers.
public struct WordPieceTokenizer: Sendable {
    private let vocabulary: [String: Int]
    private let unknownID: Int
    private let continuation: String
    private let maximumWordLength: Int
    private let prefix: [Int]
    private let suffix: [Int]
    /// Tokens such as `[MASK]` that are recognised in the raw text, longest first.
    private let addedTokens: [(text: String, id: Int)]
    private let normalizer: BertNormalizer

    /// Reads a `tokenizer.json`.
    ///
    /// - Throws: ``ModelError`` with `weights`, also for another kind of tokenizer.
    public init(path: String) throws(ModelError) {
        let file = try JSONFile.decode(TokenizerFile.self, path: path)
        guard file.model.type ?? "WordPiece" == "WordPiece", file.normalizer?.type == "BertNormalizer",
            file.preTokenizer?.type == "BertPreTokenizer"
        else {
            throw ModelError(.weights, "\(path) is not a BERT tokenizer (BertNormalizer, BertPreTokenizer, WordPiece)")
        }
        guard let unknown = file.model.vocab[file.model.unknownToken] else {
            throw ModelError(.weights, "\(path): the vocabulary lacks \(file.model.unknownToken)")
        }
        guard let (prefix, suffix) = file.postProcessor?.frame else {
            throw ModelError(.weights, "\(path): the post-processor is neither a template nor BERT's")
        }
        let added = file.addedTokens ?? []
        guard added.allSatisfy({ !$0.isModified }) else {
            throw ModelError(.weights, "\(path): added tokens that strip or match single words are not supported")
        }
        vocabulary = file.model.vocab
        unknownID = unknown
        continuation = file.model.continuingPrefix ?? "##"
        maximumWordLength = file.model.maximumWordLength ?? 100
        self.prefix = prefix
        self.suffix = suffix
        addedTokens = added.map { ($0.content, $0.id) }.filter { !$0.0.isEmpty }
            .sorted { $0.0.utf8.count > $1.0.utf8.count }
        normalizer = file.normalizer?.normalizer ?? BertNormalizer()
    }

    /// Token ids of a text with the special tokens around it, `[CLS]` and `[SEP]`.
    public func encode(_ text: String) -> [Int] {
        prefix + ids(of: text) + suffix
    }

    private func ids(of text: String) -> [Int] {
        var ids: [Int] = []
        var plain = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.first {
            if let token = addedTokens.first(where: { rest.starts(with: $0.text.unicodeScalars) }) {
                appendWords(of: plain, to: &ids)
                plain.removeAll(keepingCapacity: true)
                ids.append(token.id)
                rest = rest.dropFirst(token.text.unicodeScalars.count)
            } else {
                plain.append(scalar)
                rest = rest.dropFirst()
            }
        }
        appendWords(of: plain, to: &ids)
        return ids
    }

    private func appendWords(of text: String.UnicodeScalarView, to ids: inout [Int]) {
        for word in BertNormalizer.words(of: normalizer.normalize(text)) {
            ids += pieces(of: word)
        }
    }

    /// Longest match first, from the left; a word with a part that matches nothing is unknown as a whole.
    private func pieces(of word: [Unicode.Scalar]) -> [Int] {
        guard word.count <= maximumWordLength else { return [unknownID] }
        var ids: [Int] = []
        var start = 0
        while start < word.count {
            var end = word.count
            var found: Int?
            while found == nil, end > start {
                var piece = String.UnicodeScalarView(word[start..<end])
                if start > 0 {
                    piece.insert(contentsOf: continuation.unicodeScalars, at: piece.startIndex)
                }
                found = vocabulary[String(piece)]
                end -= found == nil ? 1 : 0
            }
            guard let found else { return [unknownID] }
            ids.append(found)
            start = end
        }
        return ids
    }
}
