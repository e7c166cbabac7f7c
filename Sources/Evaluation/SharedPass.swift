import Datasets
import Metrics
import Models
import Torch

/// A pass over examples that several processes share: each computes a run of whole batches, as one by itself would compute
/// them, and has what all of them came to, in the examples' order. So figures are the same to the bit. A process by itself
/// computes all.
///
/// What is joined or dealt, every process has to join or deal in the same order.
public struct SharedPass {
  private let processes: ProcessGroup?
  /// This process's.
  private let device: Device

  /// - Parameters:
  ///   - processes: those that share it, each with the same models and examples; nil of one by itself.
  ///   - device: where this process's models are, and tensors that it computes.
  public init(over processes: ProcessGroup?, on device: Device = .cpu) {
    (self.processes, self.device) = (processes, device)
  }

  /// Which of so many pieces, one after the other, are this process's.
  public func part(of count: Int) -> Range<Int> {
    guard let processes else { return 0..<count }
    let (size, rest) = count.quotientAndRemainder(dividingBy: processes.count)
    let first = processes.rank * size + min(processes.rank, rest)
    return first..<first + size + (processes.rank < rest ? 1 : 0)
  }

  /// This process's batches.
  public func part(of batches: Batches) -> Batches {
    processes == nil ? batches : batches.selecting(part(of: batches.batchCount))
  }

  /// What a process has of a pass in which something is done with each batch several times.
  struct Division {
    /// Batches of which it does all.
    let whole: Batches
    /// One of the last batches, that are fewer than there are processes, and which of all that is done with it is this
    /// process's; nil where there is none.
    let rest: (batch: Batches, pieces: [Int])?
  }

  /// Batches are shared as long as each process gets one; of those that are left each has several processes.
  ///
  /// - Parameter pieces: what is done with each.
  func division(of batches: Batches, pieces: Range<Int>) -> Division {
    guard let processes else { return Division(whole: batches, rest: nil) }
    let (rank, count) = (processes.rank, processes.count)
    let restCount = batches.batchCount % count
    let whole = batches.selecting(part(of: batches.batchCount - restCount))
    guard restCount > 0 else { return Division(whole: whole, rest: nil) }
    let number = rank * restCount / count
    let team = (0..<count).filter { $0 * restCount / count == number }
    let batch = batches.batchCount - restCount + number
    return Division(
      whole: whole,
      rest: (batches.selecting(batch..<batch + 1), pieces.filter { $0 % team.count == rank - team[0] }))
  }

  /// Takes part in what processes that have more batches gather of a model that is in parts, so that all make as many runs.
  func evenOut(_ batches: Batches, on model: Model) throws {
    guard let processes, model.sharding != nil else { return }
    let most = (batches.batchCount + processes.count - 1) / processes.count
    for _ in part(of: batches).batchCount..<most { try model.takePartInRun() }
  }

  /// The lists of all processes, each one after the other; every process gives as many.
  public func joined(_ lists: [[Double]]) throws -> [[Double]] {
    guard let processes else { return lists }
    let own = lists.map { Double($0.count) } + lists.joined()
    let parts = try processes.gather(own.withUnsafeBytes(Array.init))
    var joined = lists.map { _ in [Double]() }
    for part in parts {
      let numbers = part.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      var next = lists.count
      for place in lists.indices {
        let count = Int(numbers[place])
        joined[place] += numbers[next..<next + count]
        next += count
      }
    }
    return joined
  }

  /// What all examples add, from what those of this process do; nil without any.
  public func joined(_ sums: ExampleSums?) throws -> ExampleSums? {
    try joined([sums])[0]
  }

  /// Likewise of several.
  public func joined(_ sums: [ExampleSums?]) throws -> [ExampleSums?] {
    guard processes != nil else { return sums }
    // A process without an example does not know how many numbers one has.
    let all = try joined(sums.flatMap { [[Double($0?.width ?? 0)], $0?.values ?? []] })
    return sums.indices.map { number in
      let width = Int(all[2 * number].max() ?? 0)
      return width > 0 ? ExampleSums(width: width, values: all[2 * number + 1]) : nil
    }
  }

  /// The rows of all batches, `[rows, …]`, by what they are called; a process without a batch has none to give.
  ///
  /// - Parameter parts: of this process's batches, in their order.
  public func joined(_ parts: [String: [Tensor]]) throws -> [String: Tensor] {
    let own = try parts.filter { !$0.value.isEmpty }.mapValues { try Tensor.concatenated($0) }
    guard let processes else { return own }
    var rows: [String: [Tensor]] = [:]
    for (name, tensor) in try processes.gather(own, to: device).joined() { rows[name, default: []].append(tensor) }
    return try rows.mapValues { try Tensor.concatenated($0) }
  }

  /// What pieces of work come to that one process each does: the longest first, to who has the least to do.
  ///
  /// - Parameters:
  ///   - costs: how long each takes, in any unit.
  ///   - work: does one of them.
  /// - Returns: one for each, in their order, the same in all processes.
  public func dealt(_ costs: [Double], _ work: (Int) throws -> [Tensor]) throws -> [[Tensor]] {
    guard let processes else { return try costs.indices.map(work) }
    var burdens = [Double](repeating: 0, count: processes.count)
    var own: [Int] = []
    for piece in costs.indices.sorted(by: { (costs[$1], $0) < (costs[$0], $1) }) {
      let rank = burdens.indices.min { burdens[$0] < burdens[$1] } ?? 0
      burdens[rank] += costs[piece]
      if rank == processes.rank { own.append(piece) }
    }
    var found: [String: Tensor] = [:]
    for piece in own.sorted() {
      for (number, tensor) in try work(piece).enumerated() { found["\(piece)/\(number)"] = tensor }
    }
    let all = try processes.gather(found, to: device).reduce(into: [:]) { $0.merge($1) { $1 } }
    return costs.indices.map { piece in
      (0...).lazy.map { all["\(piece)/\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
    }
  }
}
