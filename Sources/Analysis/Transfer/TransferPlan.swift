import Files
import Findings
import Programs

/// A place where a network is cut: what lies before it is copied, the rest is drawn anew.
public struct TransferCut: Sendable, Equatable {
  /// The last block that is copied.
  public let name: String
  /// How many blocks are copied.
  public let blockCount: Int
  /// Everything that is copied, in the program's order.
  public let parameterNames: [String]
  /// The running statistics and other buffers among it.
  let bufferNames: [String]

  /// Globs that freeze exactly what is copied: whole modules where all of one is, single parameters otherwise.
  public let frozenPatterns: [String]

  /// What a finding says of it.
  public var finding: TransferResult.Cut {
    TransferResult.Cut(name: name, blockCount: blockCount, frozenPatterns: frozenPatterns)
  }
}

extension Program {
  /// The cuts after each block but the head.
  ///
  /// - Parameter names: only those after these blocks, nil for all.
  /// - Throws: `ProgramError/noMatch` for a name that no block has.
  public func transferCuts(after names: [String]? = nil) throws -> [TransferCut] {
    let head = Set(headParameterNames)
    let body = blocks.filter { head.isDisjoint(with: $0.parameterNames) }
    let cuts = body.indices.map { last in
      let copied = body[...last].flatMap(\.parameterNames)
      return TransferCut(
        name: body[last].name, blockCount: last + 1, parameterNames: copied,
        bufferNames: body[...last].flatMap(\.bufferNames),
        frozenPatterns: patterns(matchingOnly: copied))
    }
    guard let names else { return cuts }
    for name in names where !cuts.contains(where: { $0.name == name }) {
      throw ProgramError.noMatch(pattern: name, nearest: cuts.map(\.name))
    }
    return cuts.filter { names.contains($0.name) }
  }

  /// The fewest paths, in order, under which these parameters stand and no others.
  private func patterns(matchingOnly names: [String]) -> [String] {
    let wanted = Set(names)
    var isWhole: [String: Bool] = [:]
    for parameter in parameters.map(\.name) {
      for path in Self.paths(above: parameter) {
        isWhole[path] = isWhole[path, default: true] && wanted.contains(parameter)
      }
    }
    var seen: Set<String> = []
    return names.compactMap { name in
      let path = Self.paths(above: name).last { isWhole[$0] == true } ?? name
      return seen.insert(path).inserted ? path : nil
    }
  }
}

extension [TransferCut] {
  /// At most so many of them, evenly spread, the last among them.
  public func spread(_ count: Int) -> [TransferCut] {
    guard self.count > count, count > 0 else { return self }
    return (1...count).map { self[($0 * self.count + count - 1) / count - 1] }
  }
}

/// Which networks an experiment trains.
public struct TransferPlan: Sendable {
  /// Where the network is cut, in the program's order.
  public let cuts: [TransferCut]
  /// The treatments of each cut: AnB, AnB+ and their controls.
  public let kinds: [TransferKind]
  /// The seeds that every network is trained with; differences are taken within one.
  public let seeds: [UInt64]

  /// - Parameter seeds: at least one.
  public init(cuts: [TransferCut], kinds: [TransferKind] = TransferKind.allCases, seeds: [UInt64]) {
    precondition(!seeds.isEmpty, "a transfer plan without a seed")
    self.cuts = cuts
    self.kinds = kinds
    self.seeds = seeds
  }

  /// The cut that a finding speaks of; nil for none.
  public func cut(_ found: TransferResult.Cut?) -> TransferCut? { cuts.first { $0.name == found?.name } }

  /// One training: the target's own network (no cut), or a treatment of a cut.
  public struct Point: Sendable, Equatable {
    /// The seed of everything random in the training.
    public let seed: UInt64
    /// How the copied part is treated; nil for the target's own network.
    public let kind: TransferKind?
    /// Where the network is cut; nil for the target's own network.
    public let cut: TransferCut?

    /// A name that any file system takes.
    public var name: String {
      guard let kind, let cut else { return "base-seed\(seed)" }
      return "\(kind.rawValue.replacing("+", with: "-tuned"))-\(FileName.safe(cut.name))-seed\(seed)"
    }

    /// What is trained, in words.
    public var title: String {
      guard let kind, let cut else { return "own network" }
      return "\(kind.rawValue) cut after \(cut.name)"
    }
  }

  /// All of them in an order in which each finds what it needs: a seed's own network first.
  public var points: [Point] {
    seeds.flatMap { seed in
      [Point(seed: seed, kind: nil, cut: nil)]
        + cuts.flatMap { cut in kinds.map { Point(seed: seed, kind: $0, cut: cut) } }
    }
  }
}
