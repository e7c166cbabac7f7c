import Checkpoints
import Datasets
import Findings
import HDF5
import Testing

@testable import Evaluation

/// Which outputs of a head the classes of some data are.
@Suite struct ClassMatchTests {
  private func data(_ names: [String], stated: StatedClasses? = nil) throws -> Datasets.Dataset {
    let labels = names.indices.map(Int32.init)
    let rows = TensorView(labels.map(Float.init), shape: [names.count, 1])
    let split = Split(inputs: [InputArray(rows: rows)], labels: labels)
    var data = try Datasets.Dataset(name: "zoo", classNames: names, train: split, test: split)
    data.statedClasses = stated
    return data
  }

  private func heads(_ names: [String]) -> [String: Head] {
    ["animals": Head(tensors: [:], classNames: names, labelMap: Array(names.indices))]
  }

  private func match(
    _ data: [String], _ head: [String], stated: StatedClasses? = nil
  ) throws -> ClassMatch {
    try self.data(data, stated: stated).classMatch(to: "animals", among: heads(head))
  }

  private func words(_ data: [String], _ head: [String], stated: StatedClasses? = nil) -> String? {
    do {
      _ = try match(data, head, stated: stated)
      return nil
    } catch { return "\(error)" }
  }

  private func numbers(_ count: Int) -> [String] { Checkpoint.numberedClasses(count) }

  @Test func namesOnBothSidesAreLookedFor() throws {
    let part = try match(["dog", "ape"], ["ape", "bee", "cat", "dog"])
    #expect(part == ClassMatch(.name, outputs: [3, 0], outputCount: 4) && !part.isPlain)
    let moved = try match(["b", "a"], ["a", "b"])
    #expect(moved == ClassMatch(.name, outputs: [1, 0], outputCount: 2) && !moved.isPlain)
    let same = try match(["a", "b"], ["a", "b"])
    #expect(same == ClassMatch(.name, outputs: [0, 1], outputCount: 2) && same.isPlain)
    // What nobody asks for may stand in the head twice, as "crane" among ImageNet's.
    #expect(try match(["ape"], ["crane", "ape", "crane"]).outputs == [1])
  }

  @Test func withoutNamesOnBothSidesThereHaveToBeAsMany() throws {
    let plain = try match(numbers(3), numbers(3))
    #expect(plain == ClassMatch(.order, unnamed: .both, outputs: [0, 1, 2], outputCount: 3) && plain.isPlain)
    let head = try match(["a", "b"], numbers(2))
    #expect(head == ClassMatch(.order, unnamed: .head, outputs: [0, 1], outputCount: 2) && !head.isPlain)
    let named = try match(numbers(2), ["a", "b"])
    #expect(named.unnamed == .data && !named.isPlain)
    // The highest class is missing; or there is one too many.
    let expected = "task 'animals': the head has 3 classes, the dataset 2, and not both name them"
    for (data, head) in [(numbers(2), numbers(3)), (["a", "b"], numbers(3)), (numbers(2), ["a", "b", "c"])] {
      #expect(words(data, head) == expected)
    }
    #expect(words(numbers(4), numbers(3))?.contains("the head has 3 classes, the dataset 4") == true)
  }

  @Test func whatIsStatedCountsFirst() throws {
    let stated = try match(["a", "b"], ["a", "b", "c"], stated: .outputs([2, 0]))
    #expect(stated == ClassMatch(.number, outputs: [2, 0], outputCount: 3))
    #expect(try match(numbers(2), numbers(2), stated: .outputs([0, 1])).isPlain)
    // Names of the outputs of a head that has none.
    let named = try match(["b", "a"], numbers(3), stated: .names(["a", "b", "c"]))
    #expect(named == ClassMatch(.name, outputs: [1, 0], outputCount: 3))
  }

  @Test func whatCannotBeMatchedSaysWhich() {
    let head = ["ape", "bee", "cat", "dog"]
    #expect(
      words(["ape", "dgo", "emu"], head)
        == "task 'animals': the head has no class 'dgo', which dataset 'zoo' has, nor 1 other of its classes "
        + "(nearest: dog)")
    #expect(
      words(["crane"], ["crane", "ape", "crane"])
        == "task 'animals': the head has several classes 'crane', outputs 0, 2")
    #expect(
      words(["a", "b"], head, stated: .outputs([1, 1]))
        == "task 'animals': output 1 would be several classes of the data: a, b")
    #expect(
      words(["a", "b"], head, stated: .outputs([1]))
        == "dataset 'zoo': expected the output of each of its 2 classes, found 1")
    for outside in [4, -1] {
      #expect(
        words(["a"], head, stated: .outputs([outside]))
          == "task 'animals': expected outputs of the head from 0 to 3, found \(outside)")
    }
    #expect(
      words(["a"], head, stated: .names(["a"]))
        == "task 'animals': expected a name for each of the head's 4 outputs, found 1")
  }

  @Test func dataAreGivenTheHeadsNumbers() throws {
    let own = try data(["dog", "ape"])
    let heads = heads(["ape", "bee", "cat", "dog"])
    let moved = try own.renumbered(by: own.classMatch(to: "animals", among: heads), of: heads["animals"], as: Classification())
    #expect(moved.test.labels == [3, 0] && moved.classNames == ["ape", "bee", "cat", "dog"])
    // By number, the data's own names are kept.
    let stated = try data(["x", "y"], stated: .outputs([1, 2]))
    let renamed = try stated.renumbered(by: stated.classMatch(to: "animals", among: heads), of: heads["animals"], as: Classification())
    #expect(renamed.classNames == ["ape", "x", "y", "dog"] && renamed.train.labels == [1, 2])
  }
}
