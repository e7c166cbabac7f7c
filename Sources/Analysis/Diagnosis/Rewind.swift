import Metrics
import Models
import Programs
import Torch

/// What putting one layer's, or several layers', tensors back brings and costs.
public struct Rewind: Sendable {
  /// The layers put back.
  public let layers: [String]
  /// Source accuracy regained, a fraction, with its paired bootstrap interval.
  public let gain: Double
  public let low: Double
  public let high: Double
  /// Target accuracy lost; NaN without a target.
  public let cost: Double
}

/// A layer, or a block where there are many, that is rewound as one.
struct RewindUnit {
  let name: String
  /// Parameters and buffers.
  let names: Set<String>
}

extension JudgedPair {
  /// More layers than this are taken together as blocks, unless every layer is asked for.
  private static let mostLayers = 12

  /// Leaf layers with parameters, or blocks where those are many; the heads' left out: the source's head is not what
  /// fine-tuning moves.
  var rewindUnits: [RewindUnit] {
    let program = after.program
    let head = Set(program.headParameterNames)
    let layers = program.layers.compactMap { layer in
      let own = layer.parameterNames.filter { !head.contains($0) }
      return own.isEmpty ? nil : RewindUnit(name: layer.name, names: Set(own + layer.bufferNames))
    }
    guard layers.count > Self.mostLayers, !takesEveryLayer else { return layers }
    return program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }.map { block in
      RewindUnit(name: block.name, names: Set(block.parameterNames + block.bufferNames))
    }
  }

  /// ‖now − before‖ / ‖before‖ over a unit's parameters, now being the model after unless given.
  func drift(of unit: RewindUnit, to now: Model? = nil) throws -> Double {
    try withoutGradients {
      var (change, size) = (0.0, 0.0)
      for name in unit.names.sorted() {
        guard let end = (now ?? after).parameters[name], let start = before.parameters[name] else { continue }
        change += try end.subtract(start).squared().sum().item()
        size += try start.squared().sum().item()
      }
      return change == 0 ? 0 : (change / size).squareRoot()
    }
  }

  /// The tensors of some layers as they were before.
  func rewound(_ units: [RewindUnit]) -> ModelChange {
    var change = ModelChange()
    for name in units.flatMap(\.names) { change.tensors[name] = before.parameters[name] ?? before.buffers[name] }
    return change
  }

  /// Rewinds each layer alone.
  ///
  /// Zhang et al., "Are all layers created equal?", 2019.
  ///
  /// - Parameter onProgress: told how many are done.
  public func rewinds(onProgress: (Int, Int) -> Void = { _, _ in }) throws -> [Rewind] {
    let units = rewindUnits
    return try units.enumerated().map { index, unit in
      let result = try rewind([unit])
      onProgress(index + 1, units.count)
      return result
    }
  }

  /// Rewinds some layers together.
  func rewind(_ units: [RewindUnit]) throws -> Rewind {
    let (source, target) = try asItIs()
    return try applying(rewound(units)) {
      let regained = PairedComparison(before: source, after: try sourceCorrect(after))
      var random = RandomSource(seed: 1)
      let interval = regained.bootstrapInterval(resamples: 2000, using: &random)
      return Rewind(
        layers: units.map(\.name), gain: regained.difference, low: interval.low, high: interval.high,
        cost: target.isEmpty ? .nan : accuracy(target) - accuracy(try targetCorrect(after)))
    }
  }

  /// Rewinds more and more layers from one end: `fromHead` begins with the last.
  public func cumulativeRewinds(fromHead: Bool) throws -> [Rewind] {
    let units = fromHead ? rewindUnits.reversed() : rewindUnits
    return try units.indices.map { try rewind(Array(units[...$0])) }
  }

  /// The smallest set of layers, found greedily on the half that chooses, whose rewinding regains four fifths of what was
  /// lost; none where nothing was lost. Found once.
  ///
  /// Layers are added while each brings something; where that does not suffice, as with layers that fit only each other,
  /// all are put back and left out again one by one.
  func smallestSet() throws -> [RewindUnit] {
    let result = try known.smallestSet ?? foundSet(regaining: 0.8, on: Half(isFirst: true))
    known.smallestSet = result
    return result
  }

  private func foundSet(regaining share: Double, on half: Half) throws -> [RewindUnit] {
    let start = accuracy(half.take(try asItWas()))
    let now = accuracy(half.take(try asItIs().source))
    let wanted = now + share * (start - now)
    func score(_ units: [RewindUnit]) throws -> Double {
      try applying(rewound(units)) { accuracy(try sourceCorrect(after, half: half)) }
    }
    var chosen: [RewindUnit] = []
    var rest = rewindUnits
    var reached = now
    while reached < wanted, !rest.isEmpty {
      let trials = try rest.map { try score(chosen + [$0]) }
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] > reached else { break }
      reached = trials[best]
      chosen.append(rest.remove(at: best))
    }
    guard reached < wanted else { return chosen }
    var kept = rewindUnits
    guard try score(kept) >= wanted else { return chosen }
    while kept.count > 1 {
      let trials = try kept.indices.map { left in try score(kept.indices.filter { $0 != left }.map { kept[$0] }) }
      guard let best = trials.indices.max(by: { trials[$0] < trials[$1] }), trials[best] >= wanted else { break }
      kept.remove(at: best)
    }
    return kept
  }
}
