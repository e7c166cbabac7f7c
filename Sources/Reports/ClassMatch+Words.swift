import Findings

extension ClassMatch {
  /// How the classes were matched with the head's, in a line; nil where there is nothing to say.
  public var note: String? {
    guard !isPlain else { return nil }
    let some =
      outputs.count == outputCount
      ? NumberText.plural(outputs.count, "class")
      : "\(NumberText.grouped(outputs.count)) of the head's \(NumberText.plural(outputCount, "class"))"
    switch (basis, unnamed) {
    case (.name, _): return "\(some), matched by name"
    case (.number, _): return "\(some), matched by the numbers that were given"
    case (.order, .head): return "\(some), matched by their order: the head names none"
    case (.order, _): return "\(some), matched by their order: the data name none"
    }
  }
}

extension JudgedClasses {
  /// How the classes of both tasks were matched, a line a task; none where there is nothing to say.
  public var notes: [String] {
    [("source", source), ("target", target)].compactMap { role, match in match?.note.map { "\(role): \($0)" } }
  }
}
