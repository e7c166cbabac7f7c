// So that each of several processes can give the others what its batches add.
extension CKABatch {
  /// How many layers a comparison has.
  struct Shape {
    let layerCountA: Int
    let layerCountB: Int
    let pairCount: Int
  }

  /// All numbers, one after the other.
  var numbers: [Double] {
    [Double(count), Double(rowsPerExample), normalization] + cross + (selfA + selfB).flatMap(\.numbers)
      + pairs.flatMap { $0.sums.numbers + $0.moments } + null
  }

  /// The batches whose ``numbers`` stand one after the other.
  static func batches(of numbers: [Double], _ shape: Shape) -> [CKABatch] {
    var rest = Numbers(all: numbers)
    var batches: [CKABatch] = []
    while !rest.isEmpty {
      let (count, rowsPerExample, normalization) = (Int(rest.next()), Int(rest.next()), rest.next())
      batches.append(
        CKABatch(
          count: count, rowsPerExample: rowsPerExample, normalization: normalization,
          cross: rest.next(shape.layerCountA * shape.layerCountB),
          selfA: (0..<shape.layerCountA).map { _ in Layer(&rest, exampleCount: count) },
          selfB: (0..<shape.layerCountB).map { _ in Layer(&rest, exampleCount: count) },
          pairs: (0..<shape.pairCount).map { _ in
            Pair(sums: CKAExampleSums(&rest, exampleCount: count), moments: rest.next(9))
          }, null: rest.next(shape.pairCount)))
    }
    return batches
  }
}

/// Numbers that are taken one after the other.
private struct Numbers {
  let all: [Double]
  private var taken = 0

  init(all: [Double]) { self.all = all }

  var isEmpty: Bool { taken == all.count }

  mutating func next() -> Double {
    taken += 1
    return all[taken - 1]
  }

  mutating func next(_ count: Int) -> [Double] {
    taken += count
    return Array(all[(taken - count)..<taken])
  }
}

extension CKABatch.Layer {
  fileprivate var numbers: [Double] {
    [hsic] + sums.numbers + [strength.energy, strength.total, strength.rounding, strength.isLinear ? 1 : 0]
  }

  fileprivate init(_ rest: inout Numbers, exampleCount: Int) {
    hsic = rest.next()
    sums = CKAExampleSums(&rest, exampleCount: exampleCount)
    strength = FeatureStrength(
      energy: rest.next(), total: rest.next(), rounding: rest.next(), isLinear: rest.next() == 1)
  }
}

extension CKAExampleSums {
  fileprivate var numbers: [Double] { shares + others }

  fileprivate init(_ rest: inout Numbers, exampleCount: Int) {
    (shares, others) = (rest.next(exampleCount), rest.next(exampleCount))
  }
}
