package kernels

// The reference: every other implementation gives its bits.

// lanes is how many partial sums a dot product has: element i goes to lane i%16.
const lanes = 16

// total adds the lanes in the fixed order: halves, then halves of halves.
func total(s *[lanes]float32) float32 {
	for width := lanes / 2; width > 0; width /= 2 {
		for i := range width {
			s[i] += s[i+width]
		}
	}
	return s[0]
}

func dotGo(a, b []float32) float32 {
	var s [lanes]float32
	b = b[:len(a)]
	for len(a) >= lanes {
		x, y := (*[lanes]float32)(a), (*[lanes]float32)(b)
		for i := range lanes {
			s[i] += float32(x[i] * y[i]) // the conversion forbids fusing
		}
		a, b = a[lanes:], b[lanes:]
	}
	for i := range a {
		s[i] += float32(a[i] * b[i])
	}
	return total(&s)
}

func axpyGo(y []float32, alpha float32, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(alpha * v)
	}
}

func scaleGo(x []float32, alpha float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func dotRowsGo(dst, x, m []float32, stride int, rows []int32) {
	for k, r := range rows {
		at := int(r) * stride
		dst[k] = dotGo(x, m[at:at+len(x)])
	}
}

func sumRowsGo(dst, m []float32, stride int, rows []int32) {
	clear(dst)
	for _, r := range rows {
		at := int(r) * stride
		for i, v := range m[at : at+len(dst)] {
			dst[i] += v
		}
	}
}

func addRowsGo(m []float32, stride int, rows []int32, x []float32) {
	for _, r := range rows {
		at := int(r) * stride
		row := m[at : at+len(x)]
		for i, v := range x {
			row[i] += v
		}
	}
}

func updateRowsGo(m []float32, stride int, rows []int32, alpha, x, grad []float32) {
	grad = grad[:len(x)]
	for k, r := range rows {
		at := int(r) * stride
		row, a := m[at:at+len(x)], alpha[k]
		for i, v := range row {
			grad[i] += float32(a * v)
			row[i] = v + float32(a*x[i])
		}
	}
}
