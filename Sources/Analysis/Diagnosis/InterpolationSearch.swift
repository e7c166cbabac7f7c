import Findings
import Models
import Programs
import Torch

/// How far to go back to the model before: the share `λ` of `λ · before + (1 − λ) · after` of the backbone's tensors that is
/// best for both tasks together, on the half of the examples that chooses.
struct InterpolationSearch {
  /// All of the backbone at one share.
  struct Whole {
    var share: Double
    var change: ModelChange
    /// The source's and the target's score together, more is better.
    fileprivate var merit: Double
  }

  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// In steps of a tenth. Without a target nothing speaks against going all the way, so it ends at a half.
  func bestShare() throws -> Whole {
    let now = try models.answersAfter()
    let half = Half.choosing
    let merit = half.take(now.source).merit + (now.target.map { half.take($0).merit } ?? 0)
    var best = Whole(share: 0, change: ModelChange(), merit: merit)
    let shares = Array(stride(from: 0.1, through: models.target == nil ? 0.5 : 1, by: 0.1))
    models.progress.begin("interpolating", of: shares.count * models.judgedCount(half: half))
    for share in shares {
      let change = try interpolated(backboneNames, share)
      let merit = try merits([change])[0]
      if merit > best.merit { best = Whole(share: share, change: change, merit: merit) }
    }
    return best
  }

  /// One pass over the blocks from the head down, each with the share that is best while the others stay.
  func bestShares(from start: Whole) throws -> (shares: [(block: String, share: Double)], change: ModelChange) {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    let blocks = program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }
    let names = blocks.map { $0.parameterNames + $0.bufferNames }
    var shares = blocks.map { _ in start.share }
    models.progress.begin("interpolating by block", of: 4 * blocks.count * models.judgedCount(half: .choosing))
    var change = ModelChange()
    for own in names { change = change.followed(by: try interpolated(own, start.share)) }
    let isWhole = start.share == 0 || Set(names.joined()).isSuperset(of: backboneNames)
    var best = try isWhole ? start.merit : merits([change])[0]
    for index in blocks.indices.reversed() {
      let tried = [0, 0.25, 0.5, 0.75, 1].filter { $0 != shares[index] }
      let changes = try tried.map { try interpolated(names[index], $0) }
      for (number, merit) in try merits(changes, from: change).enumerated() where merit > best {
        (best, shares[index]) = (merit, tried[number])
      }
      if let number = tried.firstIndex(of: shares[index]) { change = change.followed(by: changes[number]) }
    }
    return (zip(blocks, shares).map { ($0.name, $1) }, change)
  }

  private func merits(_ changes: [ModelChange], from base: ModelChange = ModelChange()) throws -> [Double] {
    let sources = try models.sourceAnswers(changing: changes, from: base, half: .choosing)
    let targets = try models.targetAnswers(changing: changes, from: base, half: .choosing)
    return changes.indices.map { sources[$0].merit + (targets?[$0].merit ?? 0) }
  }

  /// Tensors at a share; those that are no fractions stay as they are after.
  private func interpolated(_ names: [String], _ share: Double) throws -> ModelChange {
    let (before, after) = (models.before, models.after)
    var change = ModelChange()
    try withoutGradients {
      for name in names {
        guard let end = after.parameters[name] ?? after.buffers[name],
          let start = before.parameters[name] ?? before.buffers[name], end.type?.isFloatingPoint == true
        else { continue }
        change.tensors[name] = share == 0 ? end : try end.multiply(by: 1 - share).add(start, scaledBy: share)
      }
    }
    return change
  }

  private var backboneNames: [String] {
    let program = models.after.program
    let head = Set(program.headParameterNames)
    return program.parameters.map(\.name).filter { !head.contains($0) } + program.buffers.map(\.name)
  }
}
