/// Names without what wrappers put into them: DataParallel and averaged models before every name, torch.compile, FSDP
/// and activation checkpointing anywhere.
struct WrapperNames {
  /// In the order they were given.
  let names: [String]
  /// What was removed, in words; nil where nothing was.
  let note: String?

  /// Parts of a name that no module of a user's is called.
  private static let anywhere = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]

  init(_ given: [String]) {
    var removed: [String] = []
    var names = given.map { name -> String in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      for part in parts where Self.anywhere.contains(part) && !removed.contains(part) { removed.append(part) }
      return parts.filter { !Self.anywhere.contains($0) }.joined(separator: ".")
    }
    // AveragedModel counts its models beside the one it wraps.
    while let wrapped = Self.unwrapped(names) {
      if !removed.contains("module") { removed.append("module") }
      names = wrapped
    }
    guard !removed.isEmpty, Set(names).count == names.count else {
      self.names = given
      note = nil
      return
    }
    self.names = names
    note = "removed what a wrapper put into the names: \(removed.map { "'\($0).'" }.joined(separator: ", "))"
  }

  private static func unwrapped(_ names: [String]) -> [String]? {
    let wrapped = names.filter { $0 != "n_averaged" }
    guard !wrapped.isEmpty, wrapped.allSatisfy({ $0.hasPrefix("module.") }) else { return nil }
    return names.map { $0.hasPrefix("module.") ? String($0.dropFirst("module.".count)) : $0 }
  }
}
