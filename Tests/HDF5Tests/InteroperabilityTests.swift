import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite(.enabled(if: Python.path != nil)) struct InteroperabilityTests {
  @Test func h5pyReadsWhatIsWritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("task", to: "söurce")
      try root.setAttribute("classes", to: ["a", "b"])
      try root.setAttribute("epoch", to: 4)
      try root.write("f32", [Float(1.5), -2], shape: [2, 1])
      try root.write("i64", [Int64(-5)], shape: [])
      try root.write("bool", [1, 0], .bool, shape: [2])
      try root.write("f16", [UInt16(0x3E00)].bytes, .float16, shape: [1])
      try root.write("bf16", [UInt16(0x3FC0)].bytes, .bfloat16, shape: [1])
      try root.writeText("program", "{\"ä\": 1}")
      try root.writeStrings("names", ["x", "ÿ"])
    }
    let script = """
      import h5py, sys, json
      f = h5py.File(sys.argv[1])
      print(f.attrs["task"].decode(), [c.decode() for c in f.attrs["classes"]], f.attrs["epoch"])
      print(f["f32"][()].tolist(), f["f32"].dtype, f["i64"][()], f["bool"][()].tolist(), f["bool"].dtype)
      print(f["f16"][()].tolist(), f["f16"].dtype, f["bf16"].astype("float32")[()].tolist())
      print(json.loads(f["program"][()]), f["names"].asstr()[()].tolist())
      """
    #expect(
      try Python.run(script, path) == """
        söurce ['a', 'b'] 4
        [[1.5], [-2.0]] float32 -5 [True, False] bool
        [1.5] float16 [1.5]
        {'ä': 1} ['x', 'ÿ']
        """)
  }

  @Test func whatH5pyWritesIsRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let script = """
      import h5py, numpy as np, sys
      f = h5py.File(sys.argv[1], "w")
      f["f16"] = np.array([1.5, -2], "float16")
      f["bool"] = np.array([True, False])
      f["big"] = np.array([1.5, -2], ">f4")
      f["i16"] = np.array([-3], "int16")
      f["u16"] = np.array([60000], "uint16")
      f["gzip"] = f.create_dataset("z", data=np.arange(10, dtype="int32"), compression="gzip")
      f["fixed"] = np.array([b"ab", b"c"])
      f["text"] = "naïve"
      f["c64"] = np.array([1j])
      f.attrs["s"] = "ünï"
      f.attrs["b"] = np.bytes_("ascii")
      f.attrs["i"] = np.uint8(7)
      f.attrs["l"] = ["p", "q"]
      """
    _ = try Python.run(script, path)
    let root = try File.open(path).root
    #expect(try root.dataset("f16").elementType == .float16)
    #expect(try root.dataset("f16").readBytes() == [UInt16(0x3E00), 0xC000].bytes)
    #expect(try root.dataset("bool").elementType == .bool)
    #expect(try root.dataset("bool").readBytes() == [1, 0])
    #expect(try root.dataset("big").read(as: Float.self) == [1.5, -2])
    #expect(try root.dataset("big").readBytes() == [Float(1.5), -2].bytes)
    #expect(try root.dataset("big").fileOffset == nil)
    #expect(try root.dataset("i16").read(as: Int32.self) == [-3])
    #expect(try root.dataset("u16").read(as: Int.self) == [60000])
    #expect(try root.dataset("gzip").read(as: Int32.self) == Array(0..<10))
    #expect(try root.readStrings("fixed") == ["ab", "c"])
    #expect(try root.readText("text") == "naïve")
    #expect(try root.attribute("s") == "ünï")
    #expect(try root.attribute("b") == "ascii")
    #expect(try root.attribute("i") == 7)
    #expect(try root.attribute("l") == ["p", "q"])
    let error = #expect(throws: HDF5Error.self) { try root.dataset("c64").elementType }
    guard case .unsupportedType(let name, _, _)? = error, name.hasSuffix("c64") else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
