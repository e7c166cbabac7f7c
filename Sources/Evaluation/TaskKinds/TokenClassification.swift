import Datasets
import Findings
import Metrics
import Torch

/// A class for every token of a text: parts of speech, names.
///
/// Where the classes are named as parts of spans (`B-PER`, `I-PER`, `O`), models are judged by the F1 of whole spans, by
/// seqeval's rules (its default mode, micro average); else by the share of tokens that are right.
public struct TokenClassification: TaskKind {
  public let words = "token classification"
  private let judgesSpans: Bool
  private let tags: [SpanTag]
  private let names: [String]

  /// A kind that nothing of the data is known of.
  ///
  /// - Parameter judgesSpans: whether models are judged by whole spans.
  public init(judgesSpans: Bool = false) { self.init(judgesSpans: judgesSpans, tags: [], names: []) }

  private init(judgesSpans: Bool, tags: [SpanTag], names: [String]) {
    self.judgesSpans = judgesSpans
    self.tags = tags
    self.names = names
  }

  public var name: String { judgesSpans ? "token-classification-spans" : "token-classification" }
  public var scores: [Score] { judgesSpans ? [.spanF1, .tokenAccuracy] : [.tokenAccuracy] }

  public func bound(to data: Dataset) -> any TaskKind {
    let tags = SpanTag.tags(named: data.classNames)
    return TokenClassification(judgesSpans: tags != nil, tags: tags ?? [], names: data.classNames)
  }

  public let objectionToGrowth: String? = nil

  public func naming(outputs names: [String]) -> any TaskKind {
    let tags = SpanTag.tags(named: names)
    return TokenClassification(judgesSpans: tags != nil, tags: tags ?? [], names: names)
  }

  public func fits(_ form: TaskForm) -> Bool {
    form.hasIntegerLabels && form.labelShape.count == 1
      && form.outputShape.map { $0.count == 2 && $0[0] == form.labelShape[0] } ?? true
  }

  /// Outputs over something else than the words that the model reads.
  public func isMeant(by form: TaskForm) -> Bool {
    guard !judgesSpans, fits(form), let outputs = form.outputShape else { return false }
    return outputs[1] != form.vocabularyCount
  }

  public func outputNames(of data: Dataset) -> [String]? { data.classNamesOrNumbers }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    guard values.contains(where: { $0 != Double(Dataset.ignoredLabel) }) else {
      return "has no token to classify: every label is −100"
    }
    return classFault(in: values, classCount: names.isEmpty ? form.outputShape?.last : names.count, noun: "class")
  }

  public var widensOutputs: Bool { true }

  public let weighsClasses = true
  public let weighsByProbability = true

  public func labelCounts(in split: Split, of count: Int) -> [Int]? { split.targetClassCounts(of: count) }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    try classLoss(of: outputs.reshaped([-1, outputs.shape[2]]), labels: labels.reshaped([-1]), settings: settings)
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: labels) }

  public var outputMeaning: OutputMeaning? { .classes(axis: 2) }
  public var places: String? { "tokens" }

  public func isCounted(_ labels: Tensor) throws -> Tensor? {
    try labels.equals(Int(Dataset.ignoredLabel)).negated()
  }

  /// The loss, the tokens that count, and those that are right; of spans those that are right, said and known; then of each
  /// class the tokens that are said to be it.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let sums = try classSums(of: outputs, labels: labels, classAxis: 2)
    let (length, classCount) = (labels.shape[1], outputs.shape[2])
    let (answers, right) = (try outputs.argmax(along: 2).array(of: Int64.self), try labels.array(of: Int64.self))
    var values: [Double] = []
    for row in 0..<sums.count {
      let places = (row * length..<(row + 1) * length).filter { right[$0] != Dataset.ignoredLabel }
      values += Array(sums[row])
      if judgesSpans {
        let said = Span.spans(in: places.map { tags[Int(answers[$0])] })
        let known = Span.spans(in: places.map { tags[Int(right[$0])] })
        values += [Double(Set(said).intersection(known).count), Double(said.count), Double(known.count)]
      }
      var counts = [Double](repeating: 0, count: classCount)
      for place in places { counts[Int(answers[place])] += 1 }
      values += counts
    }
    return ExampleSums(width: firstCount + classCount, values: values)
  }

  public func classAnswers(of outputs: Tensor, labels: Tensor) throws -> ClassAnswers? {
    try ClassAnswers(places: outputs, labels: labels)
  }

  /// Where the counts of classes begin among an example's sums.
  private var firstCount: Int { judgesSpans ? 6 : 3 }

  public func shareOfAnswers(among outputs: Set<Int>, in sums: ExampleSums) -> Double? {
    let counts = sums.totals().dropFirst(firstCount)
    guard !counts.isEmpty else { return nil }
    return share(of: outputs, in: Array(counts))
  }

  /// Each token's class, and what was said of it.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let (count, length) = (labels.shape[0], labels.shape[1])
    let flat = try labels.reshaped([-1])
    let said = try [before, after].map { try SaidClasses($0.reshaped([-1, $0.shape[2]]), labels: flat) }
    let classes = try labels.array(of: Int64.self)
    func name(_ number: Int) -> String { className(number, among: names) }
    return (0..<count).map { row in
      ExampleChange(
        tokens: (row * length..<(row + 1) * length).map { place in
          guard classes[place] != Dataset.ignoredLabel else { return TokenChange() }
          return TokenChange(
            label: name(Int(classes[place])), before: name(said[0].likeliest[place]),
            after: name(said[1].likeliest[place]), probabilityBefore: said[0].probabilities[place],
            probabilityAfter: said[1].probabilities[place])
        })
    }
  }

  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? { .classes(labels) }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    let accuracy = totals[2] / totals[1]
    guard judgesSpans else { return TaskValues(loss: totals[0] / totals[1], scores: [accuracy]) }
    let all = totals[4] + totals[5]
    return TaskValues(loss: totals[0] / totals[1], scores: [all == 0 ? 0 : 2 * totals[3] / all, accuracy])
  }
}

extension Score {
  /// F1 of whole spans.
  public static let spanF1 = Score(name: "span_f1", unit: .fraction, direction: .up)
}

/// A class that is a part of a span: `B-PER`.
struct SpanTag: Sendable {
  let prefix: Character
  let type: String

  /// Nil unless all of the names are parts of spans.
  static func tags(named names: [String]) -> [SpanTag]? {
    let tags = names.compactMap { name -> SpanTag? in
      if name == "O" { return SpanTag(prefix: "O", type: "_") }
      let parts = name.split(separator: "-", maxSplits: 1)
      guard parts.count == 2, parts[0].count == 1, let prefix = parts[0].first, "BIES".contains(prefix) else {
        return nil
      }
      return SpanTag(prefix: prefix, type: String(parts[1]))
    }
    return names.count > 1 && tags.count == names.count && tags.contains { $0.prefix != "O" } ? tags : nil
  }
}

/// A span of tokens of one type.
struct Span: Hashable {
  let type: String
  let range: Range<Int>

  /// The spans of a text, as `seqeval.metrics.sequence_labeling.get_entities` finds them: a span need not begin with `B`.
  static func spans(in tags: [SpanTag]) -> [Span] {
    var spans: [Span] = []
    var previous = SpanTag(prefix: "O", type: "_")
    var start = 0
    for (place, tag) in (tags + [SpanTag(prefix: "O", type: "_")]).enumerated() {
      if ends(previous, before: tag), previous.prefix != "O" {
        spans.append(Span(type: previous.type, range: start..<place))
      }
      if begins(tag, after: previous) { start = place }
      previous = tag
    }
    return spans
  }

  private static func ends(_ previous: SpanTag, before tag: SpanTag) -> Bool {
    if previous.prefix == "E" || previous.prefix == "S" { return true }
    if previous.prefix != "O", "BSO".contains(tag.prefix) { return true }
    return previous.prefix != "O" && previous.type != tag.type
  }

  private static func begins(_ tag: SpanTag, after previous: SpanTag) -> Bool {
    if tag.prefix == "B" || tag.prefix == "S" { return true }
    if "ESO".contains(previous.prefix), "EI".contains(tag.prefix) { return true }
    return tag.prefix != "O" && previous.type != tag.type
  }
}
