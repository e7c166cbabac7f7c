/// The names a person may have meant by `name`: the fewest single-character edits away, at most three of them.
///
/// - Parameter limit: how many edits a name may be away; by default half of the name's bytes.
public func nearest(_ name: String, in candidates: some Sequence<String>, changing limit: Int? = nil) -> [String] {
  let limit = limit ?? max(2, name.utf8.count / 2)
  var ranked: [(distance: Int, name: String)] = []
  for candidate in candidates where abs(candidate.utf8.count - name.utf8.count) <= limit {
    let distance = editDistance(name, candidate)
    if distance <= limit { ranked.append((distance, candidate)) }
  }
  ranked.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
  return ranked.prefix(3).map(\.name)
}

/// Levenshtein distance over UTF-8.
func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second.utf8)
  var row = Array(0...second.count)
  for (position, byte) in first.utf8.enumerated() {
    var diagonal = row[0]
    row[0] = position + 1
    for column in second.indices {
      let substitution = diagonal + (byte == second[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substitution, diagonal + 1, row[column] + 1)
    }
  }
  return row[second.count]
}
