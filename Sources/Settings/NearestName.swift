/// Guesses which known name a misspelt one stands for.
enum NearestName {
    /// `; did you mean port?`, or nothing where no known name is within two edits.
    static func hint(for name: String, among known: [String]) -> String {
        let near = known.map { (name: $0, distance: distance(name, $0)) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= min(2, near.name.count / 2) else { return "" }
        return "; did you mean \(near.name)?"
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.prefix(64))
        var row = Array(0...right.count)
        for (index, character) in left.prefix(64).enumerated() {
            var next = [index + 1]
            for (column, other) in right.enumerated() {
                next.append(min(row[column] + (character == other ? 0 : 1), row[column + 1] + 1, next[column] + 1))
            }
            row = next
        }
        return row[right.count]
    }
}
