import Datasets
import Models
import Torch

/// A pass over examples that several processes share: each computes a run of whole batches, as one by itself would compute
/// them, and has what all of them came to, in the examples' order. So figures are the same to the bit.
struct SharedPass {
  let processes: ProcessGroup

  /// This process's batches.
  func part(of batches: Batches) -> Batches {
    let (size, rest) = batches.batchCount.quotientAndRemainder(dividingBy: processes.count)
    let first = processes.rank * size + min(processes.rank, rest)
    return batches.selecting(first..<first + size + (processes.rank < rest ? 1 : 0))
  }

  /// Takes part in what processes that have more batches gather of a model that is in parts, so that all make as many runs.
  func evenOut(_ batches: Batches, on model: Model) throws {
    guard model.sharding != nil else { return }
    let most = (batches.batchCount + processes.count - 1) / processes.count
    for _ in part(of: batches).batchCount..<most { try model.takePartInRun() }
  }

  /// The lists of all processes, each one after the other; every process gives as many.
  func joined(_ lists: [[Double]]) throws -> [[Double]] {
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
}
