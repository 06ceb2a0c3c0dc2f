import Foundation

/// Byte strings that lie in a mapped file; where they are sorted, their places can be found.
struct ByteTable: Sendable {
    private let ends: Column<UInt32>
    private let bytes: Column<UInt8>

    init(ends: Column<UInt32>, bytes: Column<UInt8>) {
        self.ends = ends
        self.bytes = bytes
    }

    var count: Int { ends.count - 1 }

    /// The byte string at an index; empty where there is none.
    subscript(index: Int) -> [UInt8] {
        bytes.withUnsafeBytes { all in range(index).map { Array(all[$0]) } ?? [] }
    }

    /// The byte string at an index as text.
    func string(_ index: Int) -> String {
        String(decoding: self[index], as: UTF8.self)
    }

    /// The place of a key, by binary search in a table sorted by bytes.
    func index(of key: some Collection<UInt8>) -> Int? {
        let found = key.withContiguousStorageIfAvailable { index(ofBytes: UnsafeRawBufferPointer($0)) }
        return found ?? Array(key).withUnsafeBytes { index(ofBytes: $0) }
    }

    private func index(ofBytes key: UnsafeRawBufferPointer) -> Int? {
        bytes.withUnsafeBytes { all in
            var low = 0
            var high = count
            while low < high {
                let middle = low + (high - low) / 2
                guard let range = range(middle) else { return nil }
                switch compare(UnsafeRawBufferPointer(rebasing: all[range]), key) {
                case 0: return middle
                case ..<0: low = middle + 1
                default: high = middle
                }
            }
            return nil
        }
    }

    private func range(_ index: Int) -> Range<Int>? {
        guard let start = ends[index], let end = ends[index + 1], start <= end, Int(end) <= bytes.count else {
            return nil
        }
        return Int(start)..<Int(end)
    }

    private func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let shared = min(left.count, right.count)
        if shared > 0, let first = left.baseAddress, let second = right.baseAddress {
            let order = memcmp(first, second, shared)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }
}
