import Checkpoints
import Datasets
import Evaluation
import Findings
import Models

extension TrainingRun {
  /// The head that is trained.
  var headName: String { targetTask ?? target.name }

  func sourceHead(for source: Dataset, in model: Model) throws -> String {
    let candidates = [sourceTask, source.name, model.task].compactMap { $0 }
    guard let task = candidates.first(where: { model.heads[$0] != nil }), sourceTask == nil || task == sourceTask else {
      throw ModelError.missingHead(task: sourceTask ?? source.name, available: model.heads.keys.sorted())
    }
    return task
  }

  /// The head that a model was trained with before, by which the source is judged; nil of one that comes untrained.
  func headThatCame(with model: Model) throws -> String? {
    let task = try source.map { try sourceHead(for: $0, in: model) } ?? sourceTask ?? model.task
    return model.heads[task] == nil || task == Checkpoint.untrainedTask ? nil : task
  }

  /// The head that the checkpoint came with, of a run without the source's data.
  func originalHead(in model: Model) throws -> String {
    if let head = try headThatCame(with: model) { return head }
    let task = sourceTask ?? model.task
    throw ModelError.missingHead(task: task, available: model.heads.keys.filter { $0 != task }.sorted())
  }

  /// Puts the trained task's head in place: its own if the checkpoint has it, an untrained model's head under the
  /// task's name, else a new one.
  ///
  /// - Returns: whether the head is freshly drawn.
  func installTargetHead(in model: Model, judge: String?) throws -> Bool {
    if let judge, judge == headName, targetTask == nil { throw TrainingError.sameTask(headName) }
    if model.heads[headName] != nil {
      if let growth {
        try model.growHead(
          task: headName, classNames: growth.newNames, labelMap: growth.newLabels, seed: options.seed)
      }
      try model.activate(task: headName)
      return false
    }
    guard let names = kinds.target.outputNames(of: target) else {
      throw TrainingError.headCannotBeNew(kind: kinds.target.words)
    }
    let classNames = headClassNames ?? names
    let labelMap = names == target.classNames ? target.labelMap : Array(names.indices)
    if model.task == Checkpoint.untrainedTask, model.heads[model.task]?.classNames.count == names.count {
      try model.renameHead(model.task, to: headName, classNames: classNames, labelMap: labelMap)
    } else {
      try model.addHead(task: headName, classNames: classNames, labelMap: labelMap, seed: options.seed)
    }
    return true
  }

  /// Which outputs of their heads the classes of the source and of the target are.
  ///
  /// - Parameters:
  ///   - model: with both heads.
  ///   - judge: the head that judges the source.
  func judgedClasses(in model: Model, judge: String?) throws -> JudgedClasses {
    JudgedClasses(
      source: try source.flatMap { data in
        try judge.flatMap { try data.match(to: $0, among: model.heads, kind: kinds.source ?? Classification()) }
      },
      target: try target.match(to: headName, among: model.heads, kind: kinds.target))
  }
}
