import Foundation

/// A fastText classifier with hierarchical softmax, such as `lid.176.bin` and the quantised `lid.176.ftz`.
///
/// Upstream: fastText 0.9.2 (Joulin et al., "Bag of tricks for efficient text classification" and "FastText.zip", 2016).
/// The file stays mapped, so that 126 MB of `lid.176.bin` are shared between processes and read only where words point;
/// numbers are added in fastText's order, so that scores are the same to the last bit.
struct FastTextModel: Sendable {
    private let vocabulary: FastTextVocabulary
    private let input: FastTextMatrix
    private let output: FastTextMatrix
    private let tree: [Branch]
    private let labels: [String]

    private static let magic: Int32 = 793_712_314
    private static let versions: ClosedRange<Int32> = 11...12
    private static let hierarchicalSoftmax: Int32 = 1
    private static let supervised: Int32 = 3
    private static let mostLabels = 100_000

    /// The children of an inner node; leaves come first, one for each label.
    private struct Branch {
        let left: Int
        let right: Int
    }

    /// Maps a model file.
    ///
    /// - Throws: `TextError` with `.resourceMissing`, or `.resourceDamaged` for a file that is no such model.
    init(path: String) throws(TextError) {
        let file = try MappedFile(path: path)
        var reader = BinaryReader(file, path: path)
        guard try reader.next(Int32.self) == Self.magic, Self.versions.contains(try reader.next(Int32.self)) else {
            throw reader.damaged("it does not begin as one")
        }
        // dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate, and t
        var arguments: [Int] = []
        for _ in 0..<12 { arguments.append(Int(try reader.next(Int32.self))) }
        _ = try reader.next(Double.self)
        let dimension = arguments[0]
        guard dimension > 0, dimension < 1 << 16, arguments[5] <= 1, arguments[6] == Self.hierarchicalSoftmax,
            arguments[7] == Self.supervised
        else {
            throw reader.damaged("only supervised ones with hierarchical softmax and without word pairs can be used")
        }
        var counts: [Int64] = []
        (vocabulary, labels, counts) = try FastTextVocabulary.read(
            from: &reader, file, buckets: arguments[8], gramLengths: (arguments[9], arguments[10]))
        guard (1...Self.mostLabels).contains(labels.count) else { throw reader.damaged("it has no labels") }
        let isQuantized = try reader.flag()
        input = try FastTextMatrix(&reader, isQuantized: isQuantized, dimension: dimension)
        let isOutputQuantized = try reader.flag()
        output = try FastTextMatrix(&reader, isQuantized: isQuantized && isOutputQuantized, dimension: dimension)
        guard input.rowCount >= vocabulary.rowCount, output.rowCount >= labels.count else {
            throw reader.damaged("its matrices are too small")
        }
        tree = Self.tree(of: counts)
    }

    /// The likeliest labels of a text, best first.
    ///
    /// - Parameters:
    ///   - text: UTF-8; a newline would end it.
    ///   - count: how many labels at most.
    ///   - threshold: the least probability.
    func predict(_ text: [UInt8], count: Int, threshold: Float = 0) -> [(label: String, probability: Float)] {
        var rows: [Int] = []
        vocabulary.appendRows(of: text, to: &rows)
        guard !rows.isEmpty, count > 0 else { return [] }
        var hidden = [Float](repeating: 0, count: input.dimension)
        for row in rows { input.add(row: row, to: &hidden) }
        let scale = 1 / Float(rows.count)
        for index in hidden.indices { hidden[index] *= scale }

        let least = Self.logarithm(threshold)
        var best: [(score: Float, label: Int)] = []
        var open: [(node: Int, score: Float)] = [(labels.count + tree.count - 1, 0)]
        while let (node, score) = open.popLast() {
            if score < least { continue }
            if best.count == count, let last = best.last, score < last.score { continue }
            guard node >= labels.count else {
                let place = best.firstIndex { $0.score < score } ?? best.count
                best.insert((score, node), at: place)
                if best.count > count { best.removeLast() }
                continue
            }
            let inner = node - labels.count
            let right = Float(1.0 / Double(1 + expf(-output.dot(row: inner, hidden))))
            open.append((tree[inner].right, score + Self.logarithm(right)))
            open.append((tree[inner].left, score + Self.logarithm(Float(1.0 - Double(right)))))
        }
        return best.map { (labels[$0.label], expf($0.score)) }
    }

    private static func logarithm(_ value: Float) -> Float {
        Float(log(Double(value) + 1e-5))
    }

    /// The Huffman tree over the labels, which come with falling counts.
    private static func tree(of counts: [Int64]) -> [Branch] {
        var branches: [Branch] = []
        var sums: [Int64] = []
        var leaf = counts.count - 1
        var inner = 0
        for _ in 1..<max(counts.count, 1) {
            var children: [Int] = []
            var sum: Int64 = 0
            for _ in 0..<2 {
                // An inner node that is not made yet counts as larger than any leaf.
                if leaf >= 0, inner >= sums.count || counts[leaf] < sums[inner] {
                    children.append(leaf)
                    sum &+= counts[leaf]
                    leaf -= 1
                } else {
                    children.append(counts.count + inner)
                    sum &+= inner < sums.count ? sums[inner] : 0
                    inner += 1
                }
            }
            branches.append(Branch(left: children[0], right: children[1]))
            sums.append(sum)
        }
        return branches
    }
}
