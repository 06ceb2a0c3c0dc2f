import Glibc

/// Cross-fading of successive fragments at the offset where they agree best (SOLA, Roucos & Wilgus 1985).
public enum OverlapAdd {
    /// Joins fragments whose ends and beginnings speak the same samples.
    ///
    /// For each seam the offset within `search` samples is taken at which the correlation of the first fragment's tail
    /// with the second's head, over the root of the head's energy, is largest; the two are then faded over a Hann
    /// window of `2 × overlap`. Follows `sola_algorithm` of the Python server's `TTS.py`.
    ///
    /// - Parameters:
    ///   - fragments: Mono samples, in order.
    ///   - overlap: Samples shared by neighbours.
    ///   - search: Largest offset tried, in samples.
    /// - Throws: ``AudioError`` with `invalidArgument` when a fragment is shorter than the overlap.
    public static func join(_ fragments: [[Float]], overlap: Int, search: Int = 320) throws -> [Float] {
        guard (1...1 << 24).contains(overlap), (0...1 << 24).contains(search) else {
            throw AudioError(.invalidArgument, "cannot cross-fade over \(overlap) samples with a search of \(search)")
        }
        guard var tail = fragments.first else { return [] }
        var joined = [Float]()
        for fragment in fragments.dropFirst() {
            var next = fragment
            let offset = try fade(tail, into: &next, overlap: overlap, search: search)
            joined.append(contentsOf: tail.dropLast(overlap))
            tail = Array(next.dropFirst(offset))
        }
        return joined + tail
    }

    /// Fades the end of one fragment into the next, where they agree best.
    ///
    /// - Parameters:
    ///   - next: Its samples from the returned offset on, `overlap` of them, become the mixture.
    ///   - overlap: Samples shared by both.
    ///   - search: Largest offset tried, in samples.
    /// - Returns: How many samples at the beginning of `next` are not spoken.
    /// - Throws: ``AudioError`` with `invalidArgument` when a fragment is shorter than the overlap.
    public static func fade(
        _ previous: [Float], into next: inout [Float], overlap: Int, search: Int = 320
    ) throws -> Int {
        guard (1...1 << 24).contains(overlap), (0...1 << 24).contains(search), previous.count >= overlap,
            next.count >= overlap
        else {
            throw AudioError(
                .invalidArgument,
                "cannot cross-fade fragments of \(previous.count) and \(next.count) samples over \(overlap) with a "
                    + "search of \(search)")
        }
        let old = Array(previous.suffix(overlap))
        let offset = bestOffset(of: old, in: Array(next.prefix(overlap + search)))
        for index in 0..<overlap {
            // The rising half of a Hann window; its falling half is 1 minus this.
            let rising = Float(0.5 - 0.5 * cos(Double.pi * Double(index) / Double(overlap)))
            next[offset + index] = rising * next[offset + index] + (1 - rising) * old[index]
        }
        return offset
    }

    private static func bestOffset(of pattern: [Float], in head: [Float]) -> Int {
        var best = 0
        var bestScore = -Float.infinity
        pattern.withUnsafeBufferPointer { pattern in
            head.withUnsafeBufferPointer { head in
                for offset in 0...(head.count - pattern.count) {
                    var correlation: Float = 0
                    var energy: Float = 0
                    for index in 0..<pattern.count {
                        let sample = head[offset + index]
                        correlation += sample * pattern[index]
                        energy += sample * sample
                    }
                    let score = correlation / (energy + 1e-8).squareRoot()
                    if score > bestScore {
                        (best, bestScore) = (offset, score)
                    }
                }
            }
        }
        return best
    }
}
