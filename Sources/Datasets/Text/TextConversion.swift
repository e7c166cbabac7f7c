import Metrics

/// How data for a causal language model are made of documents.
///
/// Which documents are to train, to test and to choose is drawn by document, and equal documents go the same way: no block
/// has text of two of these parts. Documents of a file of their own are taken as they are. Documents end with the vocabulary's end token, where it has one.
public struct TextConversion: Sendable {
  /// Tokens of an example.
  public var length: Int
  /// Whether documents are joined and cut into blocks; else each is an example, cut or padded.
  public var makesBlocks: Bool
  /// Share of the documents that test, where they have no file of their own.
  public var testShare: Double
  /// Share of the documents that choose, likewise; 0 for none.
  public var validationShare: Double
  /// Of that draw.
  public var seed: UInt64

  /// - Parameters: see the properties; shares are at least 0 and together less than 1.
  public init(
    length: Int = 128, makesBlocks: Bool = false, testShare: Double = 0.1, validationShare: Double = 0, seed: UInt64 = 0
  ) {
    self.length = length
    self.makesBlocks = makesBlocks
    self.testShare = testShare
    self.validationShare = validationShare
    self.seed = seed
  }

  /// Documents by what becomes of them.
  public struct Documents: Sendable {
    /// Of which a part is drawn to test, and to choose, where these have none.
    public var train: [TextDocument]
    /// Those of a file of their own.
    public var test: [TextDocument]?
    /// Likewise.
    public var validation: [TextDocument]?

    /// - Parameters: see the properties.
    public init(train: [TextDocument], test: [TextDocument]? = nil, validation: [TextDocument]? = nil) {
      self.train = train
      self.test = test
      self.validation = validation
    }
  }

  /// What became of the documents.
  public struct Summary: Sendable, Equatable {
    /// Documents that are in the data.
    public var documentCount = 0
    /// Those with nothing to be said, which are left out.
    public var emptyCount = 0
    /// Those longer than an example.
    public var cutCount = 0
    /// Examples left out as nothing is to be said in them: a prompt fills them, or a single token is all they have.
    public var aimlessCount = 0
    /// Tokens at the ends of the parts that fill no block.
    public var restCount = 0
  }

  /// Makes the data.
  ///
  /// - Throws: ``DatasetError``: what the tokenizer throws, ``DatasetError/unusableTexts(file:reason:)``.
  public func dataset(
    of documents: Documents, tokenizer: any TextTokenizer, name: String, file: String
  ) throws -> (data: Dataset, summary: Summary) {
    var summary = Summary()
    let parts = try divided(documents, &summary, file)
    let texts = parts.flatMap { $0 }.flatMap(\.parts).map(\.text)
    let tokenized = try tokenizer.tokenize(texts)
    let end = tokenized.vocabulary.endToken.map(Int32.init)
    if makesBlocks, end == nil {
      throw DatasetError.unusableTexts(file: file, reason: "the tokenizer has no token that ends a document in a block")
    }
    var next = tokenized.tokens.makeIterator()
    let splits = try parts.enumerated().map { place, documents -> Split in
      let own = documents.map { document -> TextArrays.Document in
        var made = TextArrays.Document()
        made.append(tokenized.beginning, isPrompt: true)
        for part in document.parts { made.append(next.next() ?? [], isPrompt: part.isPrompt) }
        if let end { made.append([end], isPrompt: document.parts.last?.isPrompt ?? false) }
        return made
      }
      return try split(of: own, padding: end ?? 0, named: ["train", "test", "validation"][place], &summary, file)
    }
    let data = try Dataset(
      name: name, classNames: [], taskKind: "causal-lm", train: splits[0], test: splits[1],
      validation: splits.count > 2 ? splits[2] : nil, vocabulary: tokenized.vocabulary, file: file)
    return (data, summary)
  }

  /// More tokens than a machine's memory holds.
  private static let mostTokens = 1 << 33

  private func split(
    of documents: [TextArrays.Document], padding: Int32, named name: String, _ summary: inout Summary, _ file: String
  ) throws -> Split {
    guard makesBlocks || documents.count <= Self.mostTokens / length else {
      throw DatasetError.unusableTexts(
        file: file, reason: "\(documents.count) documents of \(length) tokens each are more than can be held")
    }
    let arrays =
      makesBlocks
      ? TextArrays(joining: documents, length: length)
      : TextArrays(documents: documents, length: length, padding: padding)
    guard arrays.rowCount > 0 else {
      let tokenCount = documents.reduce(0) { $0 + $1.tokens.count }
      throw DatasetError.unusableTexts(
        file: file,
        reason: "no example to \(name == "train" ? "train on" : name == "test" ? "test on" : "choose on"): "
          + "\(documents.count) documents of \(tokenCount) tokens for examples of \(length)")
    }
    summary.cutCount += arrays.cutCount
    summary.aimlessCount += arrays.aimlessCount
    summary.restCount += arrays.restCount
    summary.documentCount += documents.count
    return arrays.split
  }

  /// Training, test and perhaps validation documents, without empty ones.
  private func divided(
    _ documents: Documents, _ summary: inout Summary, _ file: String
  ) throws -> [[TextDocument]] {
    func kept(_ all: [TextDocument]) -> [TextDocument] {
      let own = all.filter { !$0.isEmpty }
      summary.emptyCount += all.count - own.count
      return own
    }
    let all = kept(documents.train)
    // Equal documents are one in the draw.
    var groups: [TextDocument: Int] = [:]
    let groupOf = all.map { document -> Int in
      let group = groups[document] ?? groups.count
      groups[document] = group
      return group
    }
    func size(_ share: Double, unless given: [TextDocument]?) -> Int {
      given == nil && share > 0 ? max(1, Int((share * Double(groups.count)).rounded())) : 0
    }
    let testing = size(testShare, unless: documents.test)
    let choosing = size(validationShare, unless: documents.validation)
    guard testing + choosing < groups.count else {
      throw DatasetError.unusableTexts(
        file: file,
        reason: "\(groups.count) documents that differ, of which \(testing) are to test and \(choosing) to choose: "
          + "none is left to train on")
    }
    var random = RandomSource(seed: seed)
    let order = random.permutation(count: groups.count)
    var place = [Int](repeating: 0, count: groups.count)
    for group in order.prefix(testing) { place[group] = 1 }
    for group in order.dropFirst(testing).prefix(choosing) { place[group] = 2 }
    func drawn(_ part: Int) -> [TextDocument] { all.indices.filter { place[groupOf[$0]] == part }.map { all[$0] } }
    let chosen = documents.validation.map(kept) ?? (choosing > 0 ? drawn(2) : nil)
    return [drawn(0), documents.test.map(kept) ?? drawn(1)] + (chosen.map { [$0] } ?? [])
  }
}
