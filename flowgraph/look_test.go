package flowgraph
import ("testing";"fmt")
func TestLook(t *testing.T) {
	for _, o := range []Options{{Width: 80}, {Width:80,ASCII:true}, {Width: 120},{Width:60},{Width:40},{Width:20},{Width:80,Time:ToScale},{Width:80,Fold:FoldACKs,Time:Delta}} {
		fmt.Println("=====", o.Width, o.Time, o.Fold)
		for _, l := range Render(interfaceScene(t).graph(), o) { fmt.Println(l.Text) }
	}
}
