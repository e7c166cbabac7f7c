/// Which columns of a file are taken for what, and by what its predictions are judged.
struct FoundColumns: Equatable {
  /// What says how good a prediction is.
  enum Judge: Equatable {
    /// A column.
    case score(String)
    /// That the prediction is the label.
    case label(String, prediction: String)
  }

  var id: String?
  var label: String?
  var prediction: String?
  var group: String?
  var judge: Judge

  /// Takes the columns that are named, and finds the others by their names.
  init(in rows: any PredictionRows, by choice: ColumnChoice) throws {
    let available = rows.columnNames
    func column(_ role: ColumnRole, _ names: [String]) throws -> String? {
      if let name = choice.named[role] {
        // A member within an object is not among the columns' names.
        let first = name.split(separator: ".").first.map(String.init) ?? name
        guard available.contains(name) || (rows is JSONPredictions && available.contains(first)) else {
          throw PredictionError.noColumn(name, role: role, file: rows.path, available: available)
        }
        return name
      }
      return names.lazy.compactMap { name in available.first { $0.lowercased() == name } }.first
    }
    func named(_ role: ColumnRole) throws -> String? { try column(role, role.names) }
    id = try named(.id)
    label = try named(.label)
    prediction = try named(.prediction)
    group = try named(.group)
    let harness = (rows as? JSONPredictions)?.harness
    if choice.named[.score] != nil, let score = try named(.score) {
      judge = .score(score)
    } else if let score = harness?.scores.first {
      judge = .score(score)
    } else if choice.named[.prediction] == nil, let verdict = try column(.score, ColumnRole.verdicts) {
      judge = .score(verdict)
    } else if let label, let prediction {
      judge = .label(label, prediction: prediction)
    } else if let number = try column(.score, ColumnRole.numbers) {
      judge = .score(number)
    } else {
      throw PredictionError.nothingToJudge(file: rows.path, available: available)
    }
    if harness != nil, choice.named[.id] == nil { id = "doc_id" }
  }

  /// What is judged, as the other file has to have it.
  var judgeWords: String {
    switch judge {
    case .score(let name): "the score '\(name)'"
    case .label(let label, let prediction): "the prediction '\(prediction)' of the label '\(label)'"
    }
  }

  /// Whether both files are judged in one way; what the columns of label and prediction are called does not count.
  func judges(as other: FoundColumns) -> Bool {
    switch (judge, other.judge) {
    case (.score(let own), .score(let name)): own == name
    case (.label, .label): true
    default: false
    }
  }
}
