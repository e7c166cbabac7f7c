import Checkpoints
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Datasets

/// Files that say which outputs of a head the classes of some data are.
@Suite struct StatedClassesTests {
  private func read(_ text: String) throws -> StatedClasses {
    let split = Split(inputs: [InputArray(rows: TensorView([0, 1] as [Float], shape: [2, 1]))], labels: [0, 1])
    let data = try Datasets.Dataset(name: "zoo", classNames: ["dog", "ape"], train: split, test: split)
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.file("classes.txt")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try StatedClasses(contentsOf: path, for: data)
  }

  @Test func theThreeFormsAreToldApart() throws {
    #expect(try read("7\n 2 \n") == .outputs([7, 2]))
    // A line of another class does no harm, so that one file does for all parts of some data.
    #expect(try read("ape\t2\r\nbee\t3\r\ndog\t7\r\n\r\n") == .outputs([7, 2]))
    #expect(try read("tench\ngreat white shark\n3\n") == .names(["tench", "great white shark", "3"]))
  }

  @Test func whatIsNoSuchFileSaysWhere() throws {
    let cases = [
      ("", "it names no class"), ("\n\n", "it names no class"), ("1\n\n2\n", "line 2 is empty"),
      ("ape\t1\ndog\n", "line 2: expected a class, a tab and a number, found 'dog'"),
      ("ape\tone\n", "line 1: expected a class, a tab and a number"),
      ("ape\t1\nape\t2\n", "line 2: class 'ape' stands in it twice"),
      ("ape\t1\n", "it has no line for class 'dog' of dataset 'zoo'"),
    ]
    for (text, reason) in cases {
      let error = #expect(throws: DatasetError.self) { try read(text) }
      #expect("\(try #require(error))".contains(reason), "\(text): \(String(describing: error))")
    }
    #expect(throws: DatasetError.self) {
      let split = Split(inputs: [InputArray(rows: TensorView([0] as [Float], shape: [1, 1]))], labels: [0])
      let data = try Datasets.Dataset(name: "zoo", classNames: ["dog"], train: split, test: split)
      return try StatedClasses(contentsOf: "/nowhere/classes.txt", for: data)
    }
  }

  @Test func theyAreStoredAsTheyAreWritten() throws {
    for (stated, text) in [
      (StatedClasses.outputs([3, 1]), #"{"outputs":[3,1]}"#), (.names(["a"]), #"{"names":["a"]}"#),
    ] {
      #expect(String(decoding: try JSONEncoder().encode(stated), as: UTF8.self) == text)
      #expect(try JSONDecoder().decode(StatedClasses.self, from: Data(text.utf8)) == stated)
    }
  }
}
