import Findings
import Metrics
import Testing

@testable import Reports

@Suite struct TextTableTests {
  private let diagnosis = DiagnosisPage(SampleFindings.diagnosis)

  private func widest(_ text: String) -> Int { text.split(separator: "\n").map { displayWidth(String($0)) }.max() ?? 0 }

  @Test func aDiagnosisFitsTheTerminalAndUsesMoreWhereThereIsMore() {
    let table = diagnosis.layerTable()
    #expect(table.naturalWidth > 140 && table.text(width: table.naturalWidth) == table.text())
    for width in [60, 72, 80, 100, 120, 140] {
      #expect(widest(table.text(width: width)) <= width, "\(width):\n\(table.text(width: width))")
    }
    let narrow = table.text(width: 80)
    // What gives way is named, and is what matters least.
    let note = narrow.split(separator: "(").last.map { $0.replacingOccurrences(of: "\n", with: " ") }
    #expect(note == "a wider terminal shows predicted loss, CKA target, probe drop, drop, 95 % too) ", "\(narrow)")
    #expect(narrow.contains("13.1 to 16.8") && narrow.contains("lost here"))
    #expect(!table.text(width: 120).contains("a wider terminal"), "\(table.text(width: 120))")
    // Names are whole where there is room.
    #expect(table.text(width: 170).contains("stages.0.blocks.0.downsample.convolution"))
  }

  @Test func wordsGoOverSeveralLines() {
    var table = TextTable([.init("layer"), .number("rewind gain"), .init("verdict")])
    table.append(["conv", "1.0", "similarity fell, information intact"])
    #expect(
      table.text(width: 36) == """
               rewind
        layer    gain  verdict
        conv      1.0  similarity fell,
                       information intact

        """, "\(table.text(width: 36))")
    #expect(widest(table.text(width: 36)) <= 36)
  }

  @Test func numbersAreNeverCutAndStandInPartsInstead() {
    var table = TextTable([.init("task")] + (0..<12).map { .number("task\($0)") })
    table.append(["first"] + (0..<12).map { "\(90 + $0).0 %" })
    let text = table.text(width: 40)
    #expect(widest(text) <= 40, "\(text)")
    for place in 0..<12 { #expect(text.contains("task\(place)") && text.contains("\(90 + place).0 %")) }
    // The first column stands in each part.
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("first") }.count > 1)
  }

  @Test func aLongTableShowsTheRowsThatMatterMost() throws {
    var table = TextTable([.init("class"), .number("score")])
    for place in 0..<100 { table.append(["class \(place)", "\(place)"], weight: place == 50 ? .nan : Double(-place)) }
    table.append(["all", "49.5"])
    let parts = try #require(table.folded())
    #expect(parts.shown.rows.map { $0[0] } == (0..<20).map { "class \($0)" } + ["all"])
    #expect(parts.rest.rows.count == 80 && parts.rest.rows.map { $0[0] }.contains("class 50"))
    var short = TextTable([.init("class")])
    for place in 0..<24 { short.append(["\(place)"], weight: 0) }
    #expect(short.folded() == nil)
    // Of a table whose rows weigh nothing, no row is worth less than another.
    var even = TextTable([.init("task")])
    for place in 0..<100 { even.append(["\(place)"]) }
    #expect(even.folded() == nil)
  }

  @Test func aThousandClassesAreFoldedWithTheWorstFirst() throws {
    let classes = (0..<1000).map {
      EvaluationFinding.Class("class \($0)", score: Double(($0 * 7) % 1000) / 1000, count: 5)
    }
    let table = EvaluationFinding(
      checkpoint: "a.h5", head: "photos", data: "photos", result: ScoredExamples(ScoredTask(0.5), count: 5000),
      perClass: classes
    ).classTable()
    let shown = try #require(table.folded()).shown.rows
    #expect(shown.count == 20 && shown[0][0] == "class 0" && shown[1][1] == "0.1 %" && shown[19][1] == "1.9 %")
    let page = PageElements.table(table, noun: "class")
    #expect(page.contains("<summary>980 more classes</summary>"))
  }

  @Test func aWideMatrixIsToldByTheLayersThatStray() throws {
    let names = (0..<67).map { "layer\($0)" }
    var values = names.indices.map { row in names.indices.map { $0 == row ? 1.0 : 0.5 } }
    values[3][3] = 0.4
    values[3][7] = 0.9
    let similarity = LayerSimilarity(
      estimator: "linear", sampleCount: 100, layersA: names, layersB: names, values: values, diagonal: [])
    #expect(similarity.matrixTable().naturalWidth > 500)
    #expect(try #require(similarity.strayTable()).rows == [["layer3", "0.400", "layer7", "0.900"]])
    values[3] = values[4]
    values[3][3] = 1
    let kept = LayerSimilarity(
      estimator: "linear", sampleCount: 100, layersA: names, layersB: names, values: values, diagonal: [])
    #expect(kept.strayTable() == nil)
  }
}

@Suite struct NamesTests {
  private func shortened(_ names: [String], _ limit: Int) -> [String] {
    shortenedNames(names, to: Double(limit)) { Double($0.count) }
  }

  @Test func theEndThatTellsLayersApartIsKept() {
    #expect(shortened(["backbone.layer1.conv1", "backbone.layer2.conv1"], 14) == ["…layer1.conv1", "…layer2.conv1"])
    let names = (0..<12).map { "vit.encoder.layer.\($0).attention.output.dense" }
    let labels = shortened(names, 14)
    #expect(Set(labels).count == names.count && labels.allSatisfy { $0.count <= 14 }, "\(labels)")
    #expect(zip(labels, 0..<12).allSatisfy { $0.contains("\($1)") }, "\(labels)")
  }

  @Test func aHeadKeepsItsNameAndLosesItsTask() {
    #expect(shortened(["classifier.2 [fashion-mnist:5-9]"], 20) == ["classifier.2 [fash…]"])
    #expect(shortened(["classifier.2 [fashion-mnist:5-9]"], 13) == ["classifier.2"])
    #expect(shortened(["fc [a]"], 20) == ["fc [a]"])
  }
}
