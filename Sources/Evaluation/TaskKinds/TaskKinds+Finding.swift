import Datasets
import Models
import Programs
import Torch

extension TaskKinds {
  /// The kind of task that a data set and a model are for, bound to the data.
  ///
  /// - Parameters:
  ///   - name: the kind that is asked for; the one that the data name, or that labels and outputs tell, when nil.
  /// - Throws: ``EvaluationError/noKind(dataset:form:)``, ``EvaluationError/severalKinds(dataset:kinds:)``,
  ///   ``EvaluationError/unknownKind(name:known:)``.
  public static func kind(of data: Dataset, for model: Model, named name: String? = nil) throws -> any TaskKind {
    let name = name ?? data.taskKind
    // One class an example with one row of outputs needs no trial, unless a single output may say yes or no.
    let known = model.program.outputShape
    if name != nil || !(isSingle(model) && data.classNames.count == 2), data.train.targets == nil,
      (name ?? Classification().name) == Classification().name,
      known.isEmpty || known.count == 2
    {
      return Classification()
    }
    try model.checkInputs(of: data.test, dataset: data.name)
    try checkWords(of: data, for: model.program)
    return try kind(of: data, form: form(of: data, for: model), named: name).bound(to: data)
  }

  /// The kind of what a model is asked about examples that stand in for the source's, whose labels do not count: of classes
  /// that a single output is asked about, its yes and no.
  public static func kind(
    ofProxy data: Dataset, for model: Model, named name: String? = nil
  ) throws -> any TaskKind {
    let kind = try kind(of: data, for: model, named: name)
    return kind.isClassification && isSingle(model) ? BinaryClassification() : kind
  }

  /// Whether the head in place says one number.
  private static func isSingle(_ model: Model) -> Bool {
    model.program.outputShape.last == 1 || model.heads[model.task]?.classNames.count == 1
  }

  private static func form(of data: Dataset, for model: Model) throws -> TaskForm {
    TaskForm(
      of: data, outputShape: try model.outputShape(on: data.test), vocabularyCount: model.program.vocabularyCount)
  }

  /// Checks every label, and every word of text, against the model with the head that is in place.
  ///
  /// - Throws: ``EvaluationError/badLabels(dataset:split:example:reason:)``.
  public static func check(_ data: Dataset, as kind: any TaskKind, for model: Model) throws {
    try checkWords(of: data, for: model.program)
    guard !kind.isClassification else { return }
    // Labels have the data's own numbers.
    try check(data, as: kind.bound(to: data), form: form(of: data, for: model))
  }

  static func kind(of data: Dataset, form: TaskForm, named name: String?) throws -> any TaskKind {
    if let name {
      let kind = try named(name)
      guard kind.fits(form) else {
        throw EvaluationError.otherKind(dataset: data.name, kind: kind.words, form: form.words)
      }
      return kind
    }
    let fitting = all.filter { $0.isMeant(by: form) }
    guard let kind = fitting.first else { throw EvaluationError.noKind(dataset: data.name, form: form.words) }
    guard fitting.count == 1 else {
      throw EvaluationError.severalKinds(dataset: data.name, kinds: fitting.map(\.name))
    }
    return kind
  }

  private static func splits(of data: Dataset) -> [(String, Split)] {
    [("train", data.train), ("test", data.test)] + (data.validation.map { [("validation", $0)] } ?? [])
  }

  private static func check(_ data: Dataset, as kind: any TaskKind, form: TaskForm) throws {
    for (name, split) in splits(of: data) {
      try split.forEachTarget { example, values in
        guard let reason = kind.fault(in: values, form: form) else { return }
        throw EvaluationError.badLabels(dataset: data.name, split: name, example: example, reason: reason)
      }
    }
  }

  /// Every word of text has to have its place in the embedding, and every place of a text one of its own where places have
  /// such.
  private static func checkWords(of data: Dataset, for program: Program) throws {
    guard let words = program.vocabularyCount else { return }
    if let positions = program.positionCount,
      let text = data.train.inputs.first(where: { $0.isText && $0.shape[0] > positions })
    {
      throw EvaluationError.longDocuments(
        dataset: data.name, input: text.name, length: text.shape[0], positions: positions)
    }
    for (name, split) in splits(of: data) {
      try split.forEachWord { example, input, word in
        guard word < 0 || word >= words else { return }
        throw EvaluationError.badLabels(
          dataset: data.name, split: name, example: example,
          reason: "has word \(word) in \(input), expected 0 to \(words - 1), as the model's embedding has")
      }
    }
  }
}
