import Metrics
import Torch

/// What the processes of a training tell one another.
///
/// Every process has the whole model and takes the same steps: of each batch it computes the gradients of its part, and
/// takes their sum over all. Of what is evaluated each computes a part, too. One of them, which leads, decides and writes.
struct DataParallel {
  let group: ProcessGroup

  var rank: Int { group.rank }
  var count: Int { group.count }

  /// What was summed over all processes.
  struct Sums {
    let tensors: [Tensor]
    let numbers: [Double]
  }

  /// The sums of gradients, and of some numbers beside them, over all processes: of each element type one exchange, the
  /// numbers with the first, in its precision.
  func sum(_ tensors: [Tensor], _ numbers: [Double]) throws -> Sums {
    guard let device = tensors.first?.device, let first = tensors.first?.type else {
      return Sums(tensors: [], numbers: try group.sum(numbers))
    }
    return try withoutGradients {
      var result = tensors
      var own = try Tensor(numbers, device: device).to(first)
      for (type, places) in Self.placesByType(of: tensors) {
        let parts = try places.map { try tensors[$0].reshaped([-1]) } + (type == first ? [own] : [])
        let flat = try Tensor.concatenated(parts)
        try group.sum(flat)
        let rest = try Self.spread(flat, over: places, shapedAs: tensors, into: &result)
        if type == first { own = try flat.narrowed(from: rest, count: numbers.count) }
      }
      return Sums(tensors: result, numbers: try own.array(of: Double.self))
    }
  }

  /// Puts the values of the process that leads into everybody's tensors.
  func takeOver(_ tensors: [Tensor]) throws {
    try withoutGradients {
      for (_, places) in Self.placesByType(of: tensors) {
        let flat = try Tensor.concatenated(places.map { try tensors[$0].detached().reshaped([-1]) })
        try group.broadcast(flat)
        guard !group.leads else { continue }
        var found = tensors
        _ = try Self.spread(flat, over: places, shapedAs: tensors, into: &found)
        for place in places { try tensors[place].copyInPlace(from: found[place]) }
      }
    }
  }

  /// - Returns: how many elements were taken.
  private static func spread(
    _ flat: Tensor, over places: [Int], shapedAs tensors: [Tensor], into result: inout [Tensor]
  ) throws -> Int {
    var start = 0
    for place in places {
      let count = tensors[place].count
      result[place] = try flat.narrowed(from: start, count: count).reshaped(tensors[place].shape)
      start += count
    }
    return start
  }

  private static func placesByType(of tensors: [Tensor]) -> [(type: DType, places: [Int])] {
    var found: [(type: DType, places: [Int])] = []
    for (place, tensor) in tensors.enumerated() {
      guard let type = tensor.type else { continue }
      if let known = found.firstIndex(where: { $0.type == type }) {
        found[known].places.append(place)
      } else {
        found.append((type, [place]))
      }
    }
    return found
  }

  /// Seeds what operators draw from in an epoch: of each process other numbers, so that no two draw the same dropout. The
  /// process that leads goes on with its own, as one by itself would.
  func seedDraws(_ seed: UInt64, epoch: Int) throws {
    guard !group.leads else { return }
    let own = UInt64(rank) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(epoch) &* 0xD1B5_4A32_D192_ED03
    var random = RandomSource(seed: seed &+ own)
    try Library.seedDefaultGenerators(random.next())
  }
}

// MARK: - Who leads, and who follows

extension DataParallel {
  /// What the process that leads has the others do.
  enum Lead: Equatable {
    case epoch(Int)
    /// What an epoch came to, for what waits for a plateau.
    case endOfEpoch(merit: Double)
    case afterLook(endsEpoch: Bool)
    /// All evaluate, as the epoch's weights are.
    case evaluation(epoch: Int)
    /// All give their parts of what a run is resumed from.
    case state
    /// All give their part of one of the tensors that are written.
    case part(Int)
    case written
    case end

    fileprivate var numbers: [Double] {
      switch self {
      case .epoch(let epoch): [0, Double(epoch)]
      case .endOfEpoch(let merit): [1, merit]
      case .afterLook(let endsEpoch): [2, endsEpoch ? 1 : 0]
      case .evaluation(let epoch): [3, Double(epoch)]
      case .state: [4, 0]
      case .part(let number): [5, Double(number)]
      case .written: [6, 0]
      case .end: [7, 0]
      }
    }

    fileprivate init(_ numbers: [Double]) {
      switch numbers[0] {
      case 0: self = .epoch(Int(numbers[1]))
      case 1: self = .endOfEpoch(merit: numbers[1])
      case 2: self = .afterLook(endsEpoch: numbers[1] == 1)
      case 3: self = .evaluation(epoch: Int(numbers[1]))
      case 4: self = .state
      case 5: self = .part(Int(numbers[1]))
      case 6: self = .written
      default: self = .end
      }
    }
  }

  /// Tells the others.
  func tell(_ lead: Lead) throws { _ = try group.broadcast(lead.numbers) }

  /// What the process that leads tells next.
  func told() throws -> Lead { Lead(try group.broadcast([0, 0])) }
}
