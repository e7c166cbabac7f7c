import Foundation

/// What has to be the same in all processes that compute together.
public struct ProcessAgreement: Codable, Equatable, Sendable {
  /// What the options are called together.
  public var optionsName: String
  /// Options by their names, each as text.
  public var options: [String: String]
  /// What the processes were given beside, by what it is called: hashes and versions.
  public var parts: [String: String]

  /// What one process was given.
  public init(optionsName: String, options: [String: String], parts: [String: String]) {
    self.optionsName = optionsName
    self.options = options
    self.parts = parts
  }

  /// In what this one differs, in words; nil where it does not.
  func difference(from first: ProcessAgreement) -> String? {
    for (name, value) in first.parts.sorted(by: { $0.key < $1.key }) where parts[name] != value {
      return "\(name): \(parts[name] ?? "none"), not \(value)"
    }
    if let name = Set(parts.keys).subtracting(first.parts.keys).min() {
      return "\(name): \(parts[name] ?? ""), not none"
    }
    let names = Set(options.keys).union(first.options.keys)
      .filter { options[$0] != first.options[$0] }.sorted()
    guard !names.isEmpty else { return nil }
    return "\(optionsName): "
      + names.map { name in
        let there = first.options[name].map { "not \($0)" } ?? "which is not set there"
        return "\(name) \(options[name] ?? "not set"), \(there)"
      }.joined(separator: "; ")
  }
}

extension ProcessGroup {
  /// Makes sure that all processes were given the same, before any of them computes.
  ///
  /// - Throws: ``ProcessError/differing(_:what:)`` of the first that differs from the one that leads; all throw the same.
  public func agree(on agreement: ProcessAgreement) throws {
    let own = try JSONEncoder().encode(agreement)
    let all = try gather(Array(own)).map { try JSONDecoder().decode(ProcessAgreement.self, from: Data($0)) }
    for (rank, other) in all.enumerated() {
      if let difference = other.difference(from: all[0]) {
        throw ProcessError.differing(peers[rank], what: difference)
      }
    }
  }
}
