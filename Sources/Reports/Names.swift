/// Names of layers cut to a width so that each can still be told from the others.
///
/// A task in brackets gives way first, as in `fc [fashion…]`. Of a path goes what all share at its beginning, then more of
/// its front, as its end says most; names that would then read the same keep where they differ, `…3.attn…dense`.
///
/// - Parameter width: of a text, in the unit of the limit.
func shortenedNames(_ names: [String], to limit: Double, width: (String) -> Double) -> [String] {
  let shared = sharedPrefixLength(names.map { NameParts($0).path })
  let cut = names.map { NameParts($0).shortened(to: limit, shared: shared, keepsFront: false, width: width) }
  var owners: [String: Set<String>] = [:]
  for (name, label) in zip(names, cut) { owners[label, default: []].insert(name) }
  return zip(names, cut).map { name, label in
    (owners[label]?.count ?? 0) > 1
      ? NameParts(name).shortened(to: limit, shared: shared, keepsFront: true, width: width) : label
  }
}

/// How many characters of whole components all paths begin with.
private func sharedPrefixLength(_ paths: [String]) -> Int {
  guard paths.count > 1, let first = paths.first else { return 0 }
  var length = first.count
  for path in paths { length = min(length, zip(first, path).prefix { $0 == $1 }.count) }
  let shared = first.prefix(length)
  return shared.lastIndex(of: ".").map { shared.distance(from: shared.startIndex, to: $0) + 1 } ?? 0
}

/// A layer's path, and the task that stands behind it in brackets.
private struct NameParts {
  let path: String
  let task: String?

  init(_ name: String) {
    guard name.hasSuffix("]"), let bracket = name.range(of: " [") else {
      (path, task) = (name, nil)
      return
    }
    path = String(name[..<bracket.lowerBound])
    task = String(name[bracket.upperBound...].dropLast())
  }

  func shortened(to limit: Double, shared: Int, keepsFront: Bool, width: (String) -> Double) -> String {
    guard let task else { return shortened(path, to: limit, shared: shared, keepsFront: keepsFront, width: width) }
    if width("\(path) [\(task)]") <= limit { return "\(path) [\(task)]" }
    var rest = Substring(task)
    while !rest.isEmpty {
      rest.removeLast()
      let label = "\(path) [\(rest)…]"
      if width(label) <= limit { return label }
    }
    return shortened(path, to: limit, shared: shared, keepsFront: keepsFront, width: width)
  }

  private func shortened(
    _ text: String, to limit: Double, shared: Int, keepsFront: Bool, width: (String) -> Double
  ) -> String {
    guard width(text) > limit else { return text }
    let own = text.dropFirst(min(shared, max(0, text.count - 1)))
    let mark = own.count < text.count ? "…" : ""
    if width(mark + own) <= limit { return mark + own }
    guard keepsFront else {
      var rest = own
      while rest.count > 1, width("…" + rest) > limit { rest.removeFirst() }
      return "…" + rest
    }
    // Two fifths of what is left from the front, the rest from the end.
    var count = own.count
    while count > 2 {
      count -= 1
      let front = own.prefix(max(1, count * 2 / 5))
      let label = mark + front + "…" + own.suffix(count - front.count)
      if width(label) <= limit { return label }
    }
    return "…" + own.suffix(1)
  }
}
